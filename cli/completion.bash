# SPDX-License-Identifier: GPL-2.0-or-later
# Bash completion for mailban. Installed as bash-completion's own files are.

_mailban_jails()
{
	# Only what is safe as a word: a name comes from a configuration.
	mailban list --wait 1 --json 2>/dev/null |
		sed -n 's/^ *"jail": "\([A-Za-z0-9_.-]*\)",*$/\1/p' | sort -u
	mailban status --wait 1 --json 2>/dev/null |
		sed -n 's/^ *"name": "\([A-Za-z0-9_.-]*\)",*$/\1/p'
}

_mailban_banned()
{
	mailban list --wait 1 --json 2>/dev/null |
		sed -n 's/^ *"address": "\([0-9a-f:./]*\)",*$/\1/p' | sort -u
}

_mailban_report="--attacks --compat --json --html --mail --since --until --detail --bounce-detail
	--deferral-detail --reject-detail --smtp-detail --smtpd-warning-detail
	--ignore-case --iso-date-time --uucp-mung --mailq --no-no-msg-size
	--problems-first --rej-add-from --smtpd-stats --statedir --syslog-name
	--verbose-msg-detail --verp-mung --zero-fill --help --version"

_mailban_check="--warning --critical --warning-domain --critical-domain
	--timeout --mailserver --sudo --configdir --path --hostname --port --no-mail
	--egress --dnsbl --reverse --address --socket --verbose --help --version"

_mailban()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local commands="status ban confirm unban list export import check metrics
		zabbix test lint report top accounts trace reload version help"
	local command= words= i

	COMPREPLY=()
	case $prev in
	-s | --socket | -c | --config | -o | --output)
		COMPREPLY=($(compgen -f -- "$cur"))
		return
		;;
	-f | --format)
		COMPREPLY=($(compgen -W "text csv json nft" -- "$cur"))
		return
		;;
	-J | --jail)
		COMPREPLY=($(compgen -W "$(_mailban_jails)" -- "$cur"))
		return
		;;
	-w | --wait | -t | --time | -k | --confirm)
		return
		;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket | -w | --wait | -c | --config)
			((i++))
			;;
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	case $command in
	"")
		words="$commands --socket --wait --help --version"
		;;
	status | list)
		words="--json --socket --wait --help"
		[[ $cur == -* ]] || words=$(_mailban_jails)
		;;
	confirm)
		words="--time --json --socket --wait --help"
		[[ $cur == -* ]] || words="$(_mailban_jails) $(_mailban_banned)"
		;;
	ban)
		words="--time --confirm --json --socket --wait --help"
		[[ $cur == -* ]] || words=$(_mailban_jails)
		;;
	unban)
		words="--all --json --socket --wait --help"
		[[ $cur == -* ]] || words="$(_mailban_jails) $(_mailban_banned)"
		;;
	export)
		words="--format --json --socket --wait --help"
		[[ $cur == -* ]] || words=$(_mailban_jails)
		;;
	import)
		words="--jail --skip --time --json --socket --wait
			--help"
		[[ $cur == -* ]] || COMPREPLY=($(compgen -f -- "$cur"))
		;;
	metrics)
		words="--output --serve --socket --wait --help"
		;;
	zabbix)
		words="--get --socket --wait --help"
		;;
	test | lint)
		words="--config --json --help"
		[[ $cur == -* ]] || COMPREPLY=($(compgen -f -- "$cur"))
		;;
	check)
		words="disk queue probe bans all"
		[[ $cur == -* ]] && words=$_mailban_check
		;;
	report)
		[[ $cur == -* ]] && words=$_mailban_report
		[[ $cur == -* ]] || COMPREPLY=($(compgen -f -- "$cur"))
		;;
	top)
		words="--batch --rounds --interval --json --socket --wait --help"
		;;
	accounts)
		words="--ids --json --socket --wait --help"
		;;
	trace)
		words="--json --help"
		[[ $cur == -* ]] || COMPREPLY=($(compgen -f -- "$cur"))
		;;
	reload)
		words="--json --socket --wait --help"
		;;
	version)
		words="--json --help"
		;;
	help)
		words="--json --help $commands"
		;;
	esac
	COMPREPLY+=($(compgen -W "$words" -- "$cur"))
}

complete -F _mailban mailban
