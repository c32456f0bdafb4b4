#!/bin/sh
# An sbatch that does what the torture's next fault says, if one lies ready.
torture=$(dirname "$(dirname "$0")")
fault=none
for file in "$torture"/ready/*; do
    # Of several that want the same fault, one can move it.
    if mv "$file" "$torture/taken/" 2>/dev/null; then
        fault=${file##*.}
        break
    fi
done
note() { echo "$(date +%T.%3N) $$ $*" >>"$torture/calls"; }
note "$fault: $*"

case $fault in
Late)
    # This process holds the receipt, not its child.
    sleep $((3 + $$ % 4)) >/dev/null 2>&1
    note "late, asks now"
    ;;
KilledBefore) kill -KILL $$ ;;
KilledAfter)
    /usr/bin/sbatch "$@" >/dev/null 2>&1
    kill -KILL $$
    ;;
Hangs)
    /usr/bin/sbatch "$@" >/dev/null 2>&1
    exec sleep 15
    ;;
Garbage)
    echo "module: command not found"
    exit 0
    ;;
NotSent)
    echo "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)" >&2
    exit 1
    ;;
NoAnswer)
    echo "sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received" >&2
    exit 1
    ;;
Refuses)
    echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy" >&2
    exit 1
    ;;
esac
exec /usr/bin/sbatch "$@"
