# Runs a server on a leash: this shell's stdin. Arguments: the signal that stops the server, a folder to remove after
# that (or nothing), then the server's command line.
#
# The owner holds the other end of stdin. A line on it names a signal for the server. Its end means that the owner is
# done, or dead: then the server is stopped. If the server ends by itself, so does this shell, with its exit status.
stop=$1 remove=$2
shift 2
exec 3<&0 </dev/null

"$@" 3<&- &
server=$!

(
    while read -r signal; do kill -s "$signal" "$server"; done
    # From here on the server's end is asked for: exit status 9 tells the shell outside.
    trap 'exit 9' TERM
    # A paused server would not see the signal.
    kill -s CONT "$server"
    kill -s "$stop" "$server"
    # In steps, so that no sleep is left behind for long.
    seconds=0
    while [ "$seconds" -lt 30 ]; do
        sleep 1 &
        wait $!
        seconds=$((seconds + 1))
    done
    kill -s KILL "$server"
    while :; do
        sleep 1 &
        wait $!
    done
) <&3 >/dev/null 2>&1 &
leash=$!
exec 3<&-

wait "$server"
status=$?
kill "$leash" 2>/dev/null
wait "$leash" 2>/dev/null
[ $? = 9 ] && [ -n "$remove" ] && rm -rf -- "$remove" 2>/dev/null
exit "$status"
