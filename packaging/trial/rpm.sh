#!/bin/sh
# The life of the packages for RHEL, as far as Debian's rpm and a Debian go: they are put into the system below /root of
# the trial by rpm, which runs their scripts there. Run outside of it: rpm.sh SYSTEM OLD NEW
set -eu
system=$1 old=$2 new=$3
. "$(dirname "$0")/expect.sh"
# Whatever this machine's own rpm knows has nothing to do with it; what they require is checked by name below.
rpm() { command rpm --root "$system" --dbpath /var/lib/rpm-trial "$@"; }
within() { chroot "$system" "$@"; }
owner() {
    found=$(within stat -c '%U:%G %a' "$2") || fail "$2 is there"
    [ "$found" = "$1" ] || fail "$2 is $1 (it is $found)"
}

pretend_systemd "$system"

step "what they require: glibc, a shell, certificates, and each other"
requires=$(for package in "$old"/*.rpm; do command rpm -qp --requires "$package"; done | sort -u)
unknown=$(echo "$requires" | grep -vE '^(lib[a-z_0-9]+\.so|ld-linux|/bin/sh|config\(|ca-certificates|shadow-utils|jobbergate = |rtld\(|rpmlib\()' || true)
[ -z "$unknown" ] || fail "nothing else is required: $unknown"
glibc=$(echo "$requires" | sed -n 's/.*(GLIBC_\([0-9.]*\)).*/\1/p' | sort -V | tail -n 1)
if [ "$(printf '%s\n' 2.28 "$glibc" | sort -V | tail -n 1)" = 2.28 ]; then
    echo "    glibc $glibc: RHEL 8 has it"
else
    echo "    glibc $glibc: RHEL 8 has it not, and so these packages are not for it"
fi

step "installed: files, owners, users"
rpm --nodeps --install "$old"/*.rpm
owner "root:root 755" /usr/bin/jobbergate
owner "root:jobbergate 640" /etc/jobbergate/server.env
owner "root:root 600" /etc/jobbergate/agent.env
owner "jobbergate:jobbergate 700" /var/lib/jobbergate
says "$(rpm --query --configfiles jobbergate-server)" /etc/jobbergate/server.env
says "$(rpm --query --list jobbergate)" /usr/share/man/man1/jobbergate-serve.1.gz
within runuser -u jobbergate -- jobbergate --version >/dev/null || fail "the program runs"
says_nothing_of "$(told)" start

step "updated: settings and state stay"
echo "METADATA_TITLE='Our jobs'" >>"$system/etc/jobbergate/server.env"
within jobbergate-admin client create my-cluster >/dev/null
# As versions before had it.
ln -s /etc/jobbergate/server.env "$system/var/lib/jobbergate/.env"
rpm --nodeps --upgrade "$new"/*.rpm
gone "$system/var/lib/jobbergate/.env"
systemd=$(told)
says "$systemd" "systemctl --no-block try-restart jobbergate-serve.service"
says "$systemd" "systemctl try-restart jobbergate-agent.service jobbergate-agent@*.service"
says_nothing_of "$systemd" "--now"
says "$(rpm --query jobbergate-server)" 999
says "$(within jobbergate-admin config)" "Our jobs"
says "$(within jobbergate-admin client list)" my-cluster
owner "root:jobbergate 640" /etc/jobbergate/server.env

step "removed: the program is gone, what it knew is not"
rpm --erase jobbergate-agent jobbergate-server jobbergate 2>/dev/null
gone "$system/usr/bin/jobbergate" "$system/usr/lib/systemd/system/jobbergate-serve.service"
systemd=$(told)
for unit in jobbergate-serve jobbergate-agent jobbergate-agent@hpcjobs; do
    says "$systemd" "systemctl disable --now $unit.service"
done
owner "jobbergate:jobbergate 600" /var/lib/jobbergate/jobbergate.db
[ -s "$system/etc/jobbergate/server.env.rpmsave" ] || fail "changed settings stay"
