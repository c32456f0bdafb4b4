#!/bin/sh
# Stops the Slurm that slurm-up.sh started, and the jobs in it.
#
#   scripts/slurm-down.sh          keep job numbers and keys for the next start
#   scripts/slurm-down.sh --wipe   remove the directory, too
#
# Settings, as environment variables:
#   SLURM_LAB   the directory that slurm-up.sh was given   /var/tmp/jobbergate-slurm
set -u

lab=${SLURM_LAB:-/var/tmp/jobbergate-slurm}
export SLURM_CONF="$lab/etc/slurm.conf"

# Whether the process in pid file $1 lives and its name begins with $2.
alive() {
    pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && [ -r "/proc/$pid/status" ] || return 1
    ! grep -q '^State:.*Z' "/proc/$pid/status" || return 1
    case $(cat "/proc/$pid/comm" 2>/dev/null) in "$2"*) return 0 ;; esac
    return 1
}

stop() {
    if alive "$1" "$2"; then
        kill "$pid"
        kill -CONT "$pid"
        for _ in $(seq 100); do
            alive "$1" "$2" || break
            sleep 0.1
        done
        if alive "$1" "$2"; then kill -KILL "$pid"; fi
    fi
    rm -f "$1"
}

cancel_jobs() {
    alive "$lab/run/slurmctld.pid" slurmctld || return 0
    jobs=$(timeout 10 squeue -h -o %A 2>/dev/null)
    [ -n "$jobs" ] || return 0
    # shellcheck disable=SC2086 # one argument per job
    timeout 10 scancel -Q $jobs 2>/dev/null
    for _ in $(seq 50); do
        [ -n "$(timeout 10 squeue -h 2>/dev/null)" ] || return 0
        sleep 0.1
    done
}

[ -d "$lab" ] || exit 0
exec 9>"$lab/lock"
flock --timeout 60 9 || {
    echo "slurm-down: a slurm-up.sh has been busy in $lab for a minute" >&2
    exit 1
}
cancel_jobs
for file in "$lab"/run/slurmd-*.pid; do
    if [ -e "$file" ]; then stop "$file" slurmd; fi
done
stop "$lab/run/slurmctld.pid" slurmctld
stop "$lab/run/slurmdbd.pid" slurmdbd
stop "$lab/run/mariadbd.pid" mariadbd
stop "$lab/munge/pid" munged
if [ "${1:-}" = --wipe ]; then rm -rf "$lab"; fi
echo "slurm-down: stopped" >&2
