#!/bin/sh
# The life of the packages in a small Debian: what an administrator does, and what must be there after. In /old are
# packages, in /new later ones of the same.
set -eu
. /trial/expect.sh
export DEBIAN_FRONTEND=noninteractive
pretend_systemd ""
# Data is often on a file system of its own.
mkdir /var/lib/jobbergate
mount -t tmpfs data /var/lib/jobbergate

step "installed: files, owners, users"
dpkg --install /old/*.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; fail "they can be installed"; }
is "root:root 755" /usr/bin/jobbergate
is "root:root 755" /usr/sbin/jobbergate-admin
is "root:jobbergate 640" /etc/jobbergate/server.env
is "root:root 600" /etc/jobbergate/agent.env
is "jobbergate:jobbergate 700" /var/lib/jobbergate
for unit in jobbergate-serve jobbergate-agent jobbergate-agent@; do
    is "root:root 644" /usr/lib/systemd/system/$unit.service
done
for page in jobbergate jobbergate-serve jobbergate-agent jobbergate-admin-user-invite jobbergate-job-scripts-create; do
    # A small Debian leaves out manuals.
    dpkg --listfiles jobbergate | grep -q "/man1/$page.1.gz" || fail "there is a page $page"
done
for user in jobbergate jobbergate-agent; do
    says "$(getent passwd $user)" nologin
    [ "$(id -u $user)" -lt 1000 ] || fail "$user is a user of the system"
done
if grep -v '^#' /etc/jobbergate/*.env | grep -q '='; then fail "every setting is a comment"; fi
says "$(cat /etc/jobbergate/server.env)" "#JOBBERGATE_DATA_DIR=/var/lib/jobbergate"
says "$(cat /etc/jobbergate/agent.env)" "#JOBBERGATE_AGENT_CLIENT_SECRET_FILE=/etc/jobbergate/agent-secret"
gone /etc/systemd/system/multi-user.target.wants/jobbergate-serve.service \
    /etc/systemd/system/multi-user.target.wants/jobbergate-agent.service
systemd=$(told)
says_nothing_of "$systemd" start
says_nothing_of "$systemd" enable

step "configured and started: the server as its user, an account, a cluster"
echo "METADATA_TITLE='Our jobs'" >>/etc/jobbergate/server.env
start_server
says "$(cat /tmp/server.log)" "/realms/jobbergate/"
is "jobbergate:jobbergate 600" /var/lib/jobbergate/jobbergate.db
says "$(jobbergate-admin config)" "Our jobs"
says "$(jobbergate-admin user invite alice@example.com --role admin)" "http://"
secret=$(jobbergate-admin client create my-cluster | sed -n 's/^client_secret: //p')
says "$(jobbergate-admin doctor 2>&1 || true)" "a Jobbergate server answers"

step "administered: with the server's settings and no others, where one is"
says_nothing_of "$(DATABASE_URL=postgres://elsewhere/x jobbergate-admin config)" elsewhere
install -d -m 700 -o jobbergate -g jobbergate /backups
cd /backups
jobbergate-admin export lab.tar.gz >/dev/null
jobbergate-admin backup monday >/dev/null
is "jobbergate:jobbergate 600" /backups/lab.tar.gz
is "jobbergate:jobbergate 700" /backups/monday
if grep -rq "Our jobs" /backups/monday; then fail "settings are no part of a backup"; fi
echo "METADATA_TITLE=Theirs" >.env
says "$(jobbergate-admin config 2>&1 || true)" "go elsewhere"
rm .env
cd /
cp -p /etc/jobbergate/server.env /tmp/server.env
echo "export LOG_LEVEL=debug" >>/etc/jobbergate/server.env
says "$(jobbergate-admin config 2>&1 || true)" "line $(wc -l </etc/jobbergate/server.env): it must be NAME=value"
cp -p /tmp/server.env /etc/jobbergate/server.env

step "connected: the agent gives up root and keeps its state"
install -m 600 /dev/null /etc/jobbergate/agent-secret
echo "$secret" >/etc/jobbergate/agent-secret
cat >>/etc/jobbergate/agent.env <<END
JOBBERGATE_AGENT_OIDC_DOMAIN=127.0.0.1:8000/realms/jobbergate
JOBBERGATE_AGENT_OIDC_USE_HTTPS=false
JOBBERGATE_AGENT_OIDC_CLIENT_ID=my-cluster
JOBBERGATE_AGENT_SLURM_USER_MAPPER=local-part
JOBBERGATE_AGENT_USER_MAP_DOMAIN=example.com
END
for command in sbatch scancel squeue sacct scontrol sacctmgr sstat; do
    printf '#!/bin/sh\nexit 0\n' >/usr/bin/$command
    chmod 755 /usr/bin/$command
done
(
    set -a
    . /etc/jobbergate/agent.env
    # shellcheck disable=SC2046 # They are words.
    exec env $(variables jobbergate-agent.service) $(start jobbergate-agent.service) 2>/tmp/agent.log
) &
agent=$!
for _ in $(seq 150); do
    [ "$(stat -c %U /proc/$agent 2>/dev/null)" = jobbergate-agent ] && [ -e /var/lib/jobbergate-agent/journal.sqlite ] && break
    sleep 0.2
done
is "jobbergate-agent:jobbergate-agent 700" /var/lib/jobbergate-agent
[ "$(stat -c %U /proc/$agent)" = jobbergate-agent ] || { cat /tmp/agent.log >&2; fail "the agent gave up root"; }
says "$(jobbergate-admin claims list)" my-cluster
kill $agent
wait $agent || { cat /tmp/agent.log >&2; fail "the agent ends well"; }

step "asked before an update: what the later version has to do, by the server's settings"
dpkg-deb --extract /new/jobbergate_*.deb /tmp/later
JOBBERGATE_PROGRAM=/tmp/later/usr/bin/jobbergate jobbergate-admin migrate --plan >/dev/null || fail "it has nothing to do"

step "updated: settings, accounts and state stay"
stop_server
told >/dev/null
cp -r /new /tmp/new
dpkg-deb --raw-extract /new/jobbergate-server_*.deb /tmp/server
echo "#A_LATER_SETTING=" >>/tmp/server/etc/jobbergate/server.env
dpkg-deb --build /tmp/server /tmp/new/jobbergate-server_*.deb >/dev/null
# As versions before had it.
ln -s /etc/jobbergate/server.env /var/lib/jobbergate/.env
dpkg --force-confold --install /tmp/new/*.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; fail "they can be updated"; }
says "$(dpkg-query --show --showformat '${Version}' jobbergate-server)" 999
is "root:jobbergate 640" /etc/jobbergate/server.env
says "$(cat /etc/jobbergate/server.env)" "METADATA_TITLE='Our jobs'"
says_nothing_of "$(cat /etc/jobbergate/server.env)" A_LATER_SETTING
says "$(cat /etc/jobbergate/server.env.dpkg-dist)" A_LATER_SETTING
gone /var/lib/jobbergate/.env
systemd=$(told)
says "$systemd" "systemctl --no-block try-restart jobbergate-serve.service"
says "$systemd" "try-restart jobbergate-agent.service"
says "$systemd" "try-restart jobbergate-agent@*.service"
says_nothing_of "$systemd" " stop "
start_server
says "$(jobbergate-admin config)" "Our jobs"
says "$(jobbergate-admin user list)" alice@example.com
[ -d /var/lib/jobbergate-agent ] || fail "the agent's journal stays"
stop_server

step "removed: the program is gone, what it knew is not"
dpkg --remove jobbergate-agent jobbergate-server jobbergate >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; fail "they can be removed"; }
gone /usr/bin/jobbergate /usr/sbin/jobbergate-admin /usr/lib/systemd/system/jobbergate-serve.service
systemd=$(told)
says "$systemd" "stop jobbergate-serve.service"
says "$systemd" "stop jobbergate-agent.service"
says "$systemd" "disable --now jobbergate-agent@hpcjobs.service"
is "jobbergate:jobbergate 600" /var/lib/jobbergate/jobbergate.db
is "root:jobbergate 640" /etc/jobbergate/server.env
[ -s /etc/jobbergate/agent-secret ] || fail "the secret stays"

step "installed again: it goes on where it was"
dpkg --install /tmp/new/*.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; fail "they can be installed again"; }
start_server
says "$(jobbergate-admin user list)" alice@example.com
stop_server

step "purged: nothing is left but the users"
dpkg --purge jobbergate-agent jobbergate-server jobbergate >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; fail "they can be purged"; }
[ -z "$(ls -A /var/lib/jobbergate)" ] || fail "the file system for data is empty"
umount /var/lib/jobbergate
rmdir /var/lib/jobbergate
gone /var/lib/jobbergate-agent /etc/jobbergate /usr/bin/jobbergate
says "$(getent passwd jobbergate)" nologin
[ -z "$(dpkg --list 'jobbergate*' 2>/dev/null | grep '^.[^n]' | grep jobbergate || true)" ] || fail "dpkg knows none of them"

step "installed anew: a backup is restored where nothing is yet"
dpkg --install /old/jobbergate_*.deb /old/jobbergate-server_*.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; fail "they can be installed"; }
jobbergate-admin restore /backups/monday >/dev/null
start_server
says "$(jobbergate-admin user list)" alice@example.com
stop_server
dpkg --purge jobbergate-server jobbergate >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; fail "they can be purged"; }
gone /var/lib/jobbergate /etc/jobbergate

step "from the archive, by hand: as the install.md in it says"
userdel jobbergate
mkdir /tmp/archive
tar -xzf /old/jobbergate-*.tar.gz -C /tmp/archive --strip-components=1
cd /tmp/archive
sed '1,/^## By hand$/d; /^## /,$d' install.md | sed '1,/^```$/d; /^```$/,$d' >/tmp/by-hand
sh -e /tmp/by-hand
is "root:root 755" /usr/bin/jobbergate
is "root:jobbergate 640" /etc/jobbergate/server.env
is "root:root 644" /etc/systemd/system/jobbergate-serve.service
says "$(jobbergate-admin user invite bob@example.com)" "http://"
is "jobbergate:jobbergate 600" /var/lib/jobbergate/jobbergate.db
