#!/bin/sh
# Brings up a private Slurm on this host: munged, slurmctld and virtual nodes, reachable on the
# loopback interface only, without systemd and without cgroups. For root on Debian.
#
#   scripts/slurm-up.sh                            start, or repair what is there
#   . /var/tmp/jobbergate-slurm/env.sh && sinfo    use it
#   scripts/slurm-down.sh                          stop it
#
# It may be run again at any time: what already runs and answers is left alone.
#
# Settings, as environment variables:
#   SLURM_LAB     directory for everything it writes   /var/tmp/jobbergate-slurm
#   CTLD_PORT     port of slurmctld; node N uses +N    16817
#   NODES         number of virtual nodes              4
#   CPUS, MEM     processors and MiB of each node      4, 2000
#   LAB_USERS     ordinary users to create             alice bob
#   MIN_JOB_AGE   seconds that ended jobs stay visible 300
#   JOBACCT       how is measured what jobs use: linux none
#   ACCT_GATHER   acct_gather.conf of an InfluxDB that this is written to every second
#   DBD_PORT      port of a slurmdbd, whose MariaDB has the next port; without it there is none
#   CLUSTER       its name                             lab
#   FEDERATED     directory of another lab with a slurmdbd: a cluster of its federation
#   EXTRA_CONF    further lines for slurm.conf
set -eu
umask 022

lab=${SLURM_LAB:-/var/tmp/jobbergate-slurm}
port=${CTLD_PORT:-16817}
nodes=${NODES:-4}
cpus=${CPUS:-4}
mem=${MEM:-2000}
users=${LAB_USERS-alice bob}
min_job_age=${MIN_JOB_AGE:-300}
dbd_port=${DBD_PORT:-}
cluster=${CLUSTER:-lab}
federated=${FEDERATED:-}
# Clusters of a federation have one key.
munge=${federated:-$lab}/munge
socket=$munge/socket
# Daemons outlive this script, so none of them may inherit the lock (9).

say() { echo "slurm-up: $*" >&2; }
fail() {
    say "$*"
    exit 1
}

check_host() {
    [ "$(id -u)" = 0 ] || fail "needs root: slurmd has to start jobs as other users. Run it with sudo."
    missing_tools || return 0
    command -v apt-get >/dev/null || fail "Slurm is not installed, and only on Debian and its \
descendants can this script install it. Install munge, slurmctld, slurmd and the client commands \
(22.05 or newer) yourself and run it again."
}

missing_tools() {
    for tool in munged munge slurmctld slurmd sbatch scontrol \
        ${dbd_port:+slurmdbd mariadbd mariadb-install-db}; do
        command -v "$tool" >/dev/null || return 0
    done
    return 1
}

install_packages() {
    missing_tools || return 0
    say "installing munge and Slurm"
    apt_install || {
        say "installation failed; fetching the package lists and trying once more"
        timeout 300 apt-get update -qq >&2 || fail "apt-get update failed: is there a network?"
        apt_install || fail "apt-get could not install Slurm; see its messages above"
    }
}

apt_install() {
    # Packages start their services when installed; a private lab needs none of them.
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 timeout 600 apt-get install -y -qq \
        --no-install-recommends munge slurmctld slurmd slurm-client \
        ${dbd_port:+slurmdbd mariadb-server} >"$lab/log/apt.log" 2>&1 || {
        tail -n 3 "$lab/log/apt.log" >&2
        return 1
    }
}

# Whether the process in pid file $1 lives and its name begins with $2.
alive() {
    pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && [ -r "/proc/$pid/status" ] || return 1
    ! grep -q '^State:.*Z' "/proc/$pid/status" || return 1
    case $(cat "/proc/$pid/comm" 2>/dev/null) in "$2"*) return 0 ;; esac
    return 1
}

create_users() {
    for user in $users; do
        id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
    done
}

start_munged() {
    chown munge: "$munge"
    if [ ! -s "$munge/key" ]; then
        (umask 077 && head -c 128 /dev/urandom >"$munge/key")
        chown munge: "$munge/key"
    fi
    if timeout 5 munge -S "$socket" -n >/dev/null 2>&1; then return; fi
    rm -f "$socket" "$socket.lock" "$munge/pid"
    setpriv --reuid=munge --regid=munge --clear-groups munged --socket="$socket" \
        --key-file="$munge/key" --pid-file="$munge/pid" --log-file="$munge/log" \
        --seed-file="$munge/seed" 9>&- || fail "munged did not start; see $munge/log"
    say "munged started"
}

# Sets `host`, `in_namespace` and `loopback_only` such that the daemons listen on 127.0.0.1.
choose_address() {
    host=$(hostname -s)
    in_namespace=
    loopback_only=CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
    case $(getent ahostsv4 "$host" 2>/dev/null | head -n 1) in
    127.*) ;;
    *)
        # With NoInAddrAny the daemons bind to what the host name resolves to.
        if unshare --uts true 2>/dev/null; then
            host=localhost
            in_namespace=1
        else
            loopback_only=
            say "the name $host is not on loopback: the daemons will listen on all interfaces"
        fi
        ;;
    esac
    # Slurm resolves names with AI_ADDRCONFIG, which finds nothing on a host without any address.
    if command -v ip >/dev/null && [ -z "$(ip -4 -o addr show scope global)" ]; then
        ip addr add 192.0.2.1/32 dev lo 2>/dev/null ||
            say "this host has no address but 127.0.0.1: Slurm may fail to resolve names"
    fi
}

daemon() {
    if [ "$in_namespace" ]; then
        unshare --uts sh -c 'hostname localhost && exec "$@"' -- "$@" 9>&-
    else
        "$@" 9>&-
    fi
}

accounting_conf() {
    if [ "$dbd_port" ]; then
        echo AccountingStorageType=accounting_storage/slurmdbd
        echo AccountingStorageHost=127.0.0.1
        echo "AccountingStoragePort=$dbd_port"
        # Where munged is found for this connection.
        echo "AccountingStoragePass=$socket"
        echo AccountingStoreFlags=job_comment
    else
        echo AccountingStorageType=accounting_storage/none
    fi
}

start_mariadb() {
    if alive "$lab/run/mariadbd.pid" mariadbd; then return; fi
    data=$lab/mariadb
    if [ ! -d "$data/mysql" ]; then
        rm -rf "$data"
        mariadb-install-db --no-defaults --user=root --datadir="$data" --skip-test-db \
            >"$lab/log/mariadb-install.log" 2>&1 ||
            fail "MariaDB's data can't be made; see $lab/log/mariadb-install.log"
    fi
    {
        echo "CREATE OR REPLACE USER slurm@127.0.0.1 IDENTIFIED BY 'slurm';"
        echo "GRANT ALL ON *.* TO slurm@127.0.0.1;"
    } >"$lab/etc/mariadb.sql"
    # Durability would cost seconds for each table that slurmdbd makes.
    setsid mariadbd --no-defaults --user=root --datadir="$data" --socket="$lab/run/mariadb.sock" \
        --bind-address=127.0.0.1 --port=$((dbd_port + 1)) --pid-file="$lab/run/mariadbd.pid" \
        --skip-name-resolve --init-file="$lab/etc/mariadb.sql" --skip-log-bin \
        --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M --sync-frm=OFF \
        >"$lab/log/mariadb.log" 2>&1 </dev/null 9>&- &
    for _ in $(seq 300); do
        if [ -S "$lab/run/mariadb.sock" ] && alive "$lab/run/mariadbd.pid" mariadbd; then
            say "MariaDB started"
            return
        fi
        sleep 0.1
    done
    tail -n 3 "$lab/log/mariadb.log" >&2
    fail "MariaDB did not start; see $lab/log/mariadb.log"
}

start_slurmdbd() {
    if alive "$lab/run/slurmdbd.pid" slurmdbd; then return; fi
    rm -f "$lab/run/slurmdbd.pid"
    (umask 077 && cat >"$lab/etc/slurmdbd.conf") <<CONF
AuthType=auth/munge
AuthInfo=socket=$socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$dbd_port
SlurmUser=root
PidFile=$lab/run/slurmdbd.pid
LogFile=$lab/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((dbd_port + 1))
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct
CONF
    daemon slurmdbd || fail "slurmdbd did not start; see $lab/log/slurmdbd.log"
    for _ in $(seq 60); do
        if timeout 10 sacctmgr -n list cluster >/dev/null 2>&1; then
            say "slurmdbd started"
            return
        fi
        sleep 0.5
    done
    tail -n 3 "$lab/log/slurmdbd.log" >&2
    fail "slurmdbd does not answer on port $dbd_port"
}

# Whether slurmdbd has this cluster in a list.
has_cluster() { timeout 10 sacctmgr -n -P list "$@" | grep -qE "^$cluster(\||\$)"; }

register() {
    has_cluster cluster format=cluster || timeout 20 sacctmgr -i add cluster "$cluster" >/dev/null ||
        fail "slurmdbd does not take the cluster $cluster"
}

# The other controller is told of this one's address when it joins, so it must have one by then.
join_federation() {
    if has_cluster cluster format=cluster,federation where federation=lab; then return; fi
    timeout 10 sacctmgr -n -P list federation | grep -q '^lab' ||
        timeout 20 sacctmgr -i add federation lab clusters=lab >/dev/null ||
        fail "slurmdbd does not make a federation"
    timeout 20 sacctmgr -i modify federation lab set clusters+="$cluster" >/dev/null ||
        fail "slurmdbd does not take $cluster into the federation"
}

slurm_conf() {
    cat <<CONF
ClusterName=$cluster
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$socket
$loopback_only
SlurmctldPidFile=$lab/run/slurmctld.pid
SlurmctldLogFile=$lab/log/slurmctld.log
StateSaveLocation=$lab/state
SlurmdPidFile=$lab/run/slurmd-%n.pid
SlurmdLogFile=$lab/log/slurmd-%n.log
SlurmdSpoolDir=$lab/spool-%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/${JOBACCT:-none}
$(accounting_conf)
JobCompType=jobcomp/none
MpiDefault=none
MailProg=/bin/true
SchedulerType=sched/backfill
# Heterogeneous jobs, and what waits behind them, are started by backfill only.
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=50
ReturnToService=2
MinJobAge=$min_job_age
KillWait=2
CompleteWait=0
SlurmctldTimeout=30
SlurmdTimeout=60
${EXTRA_CONF:-}
CONF
    if [ "${ACCT_GATHER:-}" ]; then
        echo AcctGatherProfileType=acct_gather_profile/influxdb
        echo JobAcctGatherFrequency=task=1
    fi
    for n in $(seq "$nodes"); do
        echo "NodeName=node$n NodeAddr=127.0.0.1 Port=$((port + n)) CPUs=$cpus RealMemory=$mem"
    done
    echo "PartitionName=debug Nodes=node1 Default=YES DefaultTime=5 MaxTime=30"
    echo "PartitionName=compute Nodes=ALL DefaultTime=60"
}

# Sets `changed` when a running slurmctld has to read the configuration again.
write_configuration() {
    changed=
    slurm_conf >"$lab/etc/slurm.conf.new"
    if ! cmp -s "$lab/etc/slurm.conf.new" "$lab/etc/slurm.conf"; then changed=1; fi
    mv "$lab/etc/slurm.conf.new" "$lab/etc/slurm.conf"
    # slurmd loads a cgroup plugin even when nothing uses one; v1 is the one that needs nothing.
    echo CgroupPlugin=cgroup/v1 >"$lab/etc/cgroup.conf"
    # It may have a password in it; only root reads it.
    (umask 077 && echo "${ACCT_GATHER:-}" >"$lab/etc/acct_gather.conf")
    echo "export SLURM_CONF='$lab/etc/slurm.conf'" >"$lab/env.sh"
    export SLURM_CONF="$lab/etc/slurm.conf"
}

start_slurmctld() {
    if alive "$lab/run/slurmctld.pid" slurmctld; then
        [ -z "$changed" ] || timeout 30 scontrol reconfigure ||
            fail "slurmctld refused the new configuration: run slurm-down.sh first"
        return
    fi
    rm -f "$lab/run/slurmctld.pid"
    daemon slurmctld || fail "slurmctld did not start; see $lab/log/slurmctld.log"
    # It detaches before it binds its port, so only an answer is proof.
    for _ in $(seq 100); do
        if timeout 5 scontrol ping 2>/dev/null | grep -q 'is UP' &&
            alive "$lab/run/slurmctld.pid" slurmctld; then
            say "slurmctld started"
            return
        fi
        sleep 0.1
    done
    tail -n 3 "$lab/log/slurmctld.log" >&2
    fail "slurmctld does not answer on port $port"
}

start_nodes() {
    for n in $(seq "$nodes"); do
        alive "$lab/run/slurmd-node$n.pid" slurmd && continue
        mkdir -p "$lab/spool-node$n"
        daemon slurmd -N "node$n" || fail "node$n did not start; see $lab/log/slurmd-node$n.log"
    done
}

await_nodes() {
    for attempt in $(seq 300); do
        ready=$(timeout 10 sinfo -h -N -p compute -o '%t' 2>/dev/null |
            grep -cE '^(idle|mix|alloc|comp)$' || :)
        if [ "$ready" -ge "$nodes" ]; then
            say "$ready nodes are ready: . $lab/env.sh"
            return
        fi
        # A node that an earlier crash left down does not come back by itself.
        if [ $((attempt % 50)) = 0 ]; then
            timeout 10 scontrol update nodename="node[1-$nodes]" state=resume 2>/dev/null || :
        fi
        sleep 0.1
    done
    timeout 10 sinfo -N -l >&2 || :
    fail "the nodes are not ready after 30 seconds; see $lab/log"
}

check_host
mkdir -p "$lab/etc" "$lab/log" "$lab/run" "$lab/state" "$lab/munge"
exec 9>"$lab/lock"
flock --timeout 900 9 || fail "another slurm-up.sh has been busy in $lab for 15 minutes"
install_packages
create_users
start_munged
choose_address
write_configuration
if [ "$dbd_port" ] && [ -z "$federated" ]; then
    start_mariadb
    start_slurmdbd
fi
[ -z "$dbd_port" ] || register
start_slurmctld
[ -z "$federated" ] || join_federation
start_nodes
await_nodes
