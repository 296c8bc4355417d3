#!/bin/sh
# One scheduled run: load what came, publish the report, mail what people should know. See docs/operations.md.
#
#   SHOPBOOK_PROJECT       the project's folder (needed)
#   SHOPBOOK_SHOP          the shop's name (default: the one loaded last)
#   REPORT_FILES           folder with the shop's files; empty: what the shop's profile names (docs/profiles.md)
#   REPORT_ARGS            more flags for `shopbook report`, for example "--set timezone=Europe/Berlin"
#   REPORT_MAIL_TO         addresses, separated by spaces; empty: no mail
#   REPORT_MAIL_ON         failure, alert (failures and alerts, the default) or always
#   REPORT_MAIL_COMMAND    called as COMMAND -s SUBJECT ADDRESS..., the text on its standard input (default: mail)
#   REPORT_URL             where the site is served, for the mail
#   REPORT_LOGS            folder of the logs, one a day, kept for 30 days (default: data/logs of the project)
#   REPORT_RETRY_SECONDS   pause before another try when the warehouse is locked (default 60, five tries)
#
# Ends with the exit code of shopbook (docs/errors.md); 75 when the run before this one is still at work.
set -u

: "${SHOPBOOK_PROJECT:?name the folder of the project}"
export SHOPBOOK_PROJECT
shop=${SHOPBOOK_SHOP:-}
logs=${REPORT_LOGS:-$SHOPBOOK_PROJECT/data/logs}
mail_on=${REPORT_MAIL_ON:-alert}
alert=24
locked=16
PATH=$SHOPBOOK_PROJECT/.venv/bin:$PATH

cd "$SHOPBOOK_PROJECT" || exit 12
mkdir -p "$logs" || exit 17
log=$logs/$(date +%Y-%m-%d).log
find "$logs" -name '????-??-??.log' -mtime +30 -exec rm -f {} +

exec 9>"$logs/.lock"
if ! flock -n 9; then
    echo "$(date +%H:%M:%S) not started: the run before this one is still at work" >>"$log"
    exit 75
fi

send() { # SUBJECT; the text on standard input
    [ -n "${REPORT_MAIL_TO:-}" ] || { cat >/dev/null; return 0; }
    # The addresses are words of their own on purpose.
    # shellcheck disable=SC2086
    ${REPORT_MAIL_COMMAND:-mail} -s "$1" $REPORT_MAIL_TO || echo "the mail could not be sent" >>"$log"
}

run() { # the flags of shopbook; again when another process holds the warehouse
    tries=0
    while :; do
        echo "$(date +%H:%M:%S) shopbook $*" >>"$log"
        shopbook "$@" >>"$log" 2>&1 9>&-
        code=$?
        tries=$((tries + 1))
        { [ "$code" -eq "$locked" ] && [ "$tries" -lt 5 ]; } || return "$code"
        sleep "${REPORT_RETRY_SECONDS:-60}"
    done
}

code=0
if [ -n "${REPORT_FILES:-}" ]; then
    run --quiet load thelook --from "$REPORT_FILES" ${shop:+--shop "$shop"}
    code=$?
fi
if [ "$code" -eq 0 ]; then
    # shellcheck disable=SC2086
    run --quiet report ${shop:+--shop "$shop"} --fail-on-alert ${REPORT_ARGS:-}
    code=$?
fi
echo "$(date +%H:%M:%S) ended with exit code $code" >>"$log"

name=${shop:-shop}
summary() { shopbook summary ${REPORT_URL:+--url "$REPORT_URL"} 2>&1; }
if [ "$code" -eq "$alert" ]; then
    [ "$mail_on" = failure ] || summary | send "Shopbook: alert ($name)"
elif [ "$code" -ne 0 ]; then
    { echo "The report was not published; the one before stays. From the log:"; echo; tail -n 30 "$log"; } |
        send "Shopbook: the report failed with exit code $code ($name)"
elif [ "$mail_on" = always ]; then
    summary | send "Shopbook: the report ($name)"
fi
exit "$code"
