# shellcheck shell=sh
# What the stories of the packages have in common.

step() { echo "  $*"; }
fail() {
    echo "it does not hold: $*" >&2
    exit 1
}
# is 'OWNER:GROUP MODE' FILE
is() {
    found=$(stat -c '%U:%G %a' "$2") || fail "$2 is there"
    [ "$found" = "$1" ] || fail "$2 is $1 (it is $found)"
}
gone() { for path; do [ ! -e "$path" ] && [ ! -L "$path" ] || fail "$path is gone"; done; }
says() {
    case $1 in *"$2"*) ;; *) fail "it says $2: $1" ;; esac
}
says_nothing_of() {
    case $1 in *"$2"*) fail "it says nothing of $2: $1" ;; esac
}

# As if systemd were running in the system below this directory, with an agent of the user hpcjobs.
pretend_systemd() {
    told=$1/tmp/systemctl
    mkdir -p "$1/run/systemd/system"
    cat >"$1/usr/bin/systemctl" <<'END'
#!/bin/sh
echo "systemctl $*" >>/tmp/systemctl
case $* in *list-units*) echo "jobbergate-agent@hpcjobs.service loaded active running Jobbergate agent" ;; esac
END
    chmod 755 "$1/usr/bin/systemctl"
    : >"$told"
}
# What systemd was told since this was asked last.
told() {
    cat "$told"
    : >"$told"
}

# The variables that a unit sets, for env.
variables() {
    sed -n 's/^Environment=//p' "/usr/lib/systemd/system/$1" | sed 's,%S,/var/lib,g'
}
# The words by which it starts its program.
start() { sed -n 's/^ExecStart=//p' "/usr/lib/systemd/system/$1"; }

# As systemd would start the server: its user, no privileges, its settings, of which none stays in this shell.
start_server() {
    (
        set -a
        . /etc/jobbergate/server.env
        # shellcheck disable=SC2046 # They are words.
        exec env $(variables jobbergate-serve.service) setpriv --reuid=jobbergate --regid=jobbergate --init-groups \
            --bounding-set=-all --no-new-privs $(start jobbergate-serve.service) >/tmp/server.log 2>&1
    ) &
    server=$!
    for _ in $(seq 300); do
        jobbergate-admin health >/dev/null 2>&1 && return
        kill -0 $server 2>/dev/null || break
        sleep 0.2
    done
    cat /tmp/server.log >&2
    fail "the server starts"
}
stop_server() {
    kill "$server"
    wait "$server" || fail "the server ends well"
}
