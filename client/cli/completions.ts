/** Scripts that complete commands, options and operands in a shell, made from the declarations. */
import type { Operand, Option } from "../../shared/command.ts";
import { operandName } from "../../shared/command_line.ts";
import { type AnyCommand, GLOBAL_OPTIONS } from "./command.ts";
import type { SHELL } from "./operands.ts";

type Shell = typeof SHELL.words[number];

/** Returns the script that completes `commands` in a shell, without a line end. */
export function completionScript(
  shell: Shell,
  commands: readonly AnyCommand[],
): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands);
}

type NamedOption = readonly [name: string, option: Option];

const GLOBAL: NamedOption[] = Object.entries<Option>(GLOBAL_OPTIONS);

function optionsOf({ options }: AnyCommand): NamedOption[] {
  return Object.entries(options);
}

function operandsOf({ operands }: AnyCommand): Operand[] {
  return Object.values(operands);
}

function valueOptions(commands: readonly AnyCommand[]): Map<string, Option> {
  const all = [...GLOBAL, ...commands.flatMap(optionsOf)];
  return new Map(all.filter(([, { value }]) => value !== undefined));
}

/** Returns the words that an argument may be, if they are known. */
function wordsFor(
  { words, completes }: Operand | Option,
  commands: readonly AnyCommand[],
): string[] {
  return completes === "command" ? commands.map(({ name }) => name) : [...words ?? []];
}

/**
 * The command whose output is the names of contacts. It asks for nothing: those of a protected
 * profile are complete only where a process has it open already.
 */
const CONTACTS = "--quiet list --contacts --names </dev/null 2>/dev/null";

function dashed(options: readonly NamedOption[]): string {
  return options.map(([name]) => `--${name}`).join(" ");
}

/** Bash splits words at = and :; `skip` is set after a = or : that is no end of a word. */
function bashScript(commands: readonly AnyCommand[]): string {
  const values = valueOptions(commands);
  /** What sets how to complete an operand or the value of an option. */
  const setting = (argument: Operand | Option) => {
    const words = wordsFor(argument, commands);
    return words.length > 0 ? `words="${words.join(" ")}"` : `kind=${argument.completes ?? ""}`;
  };
  const ofOptions = [...values].map(([name, option]) => `      --${name}) ${setting(option)} ;;`);
  const own = commands.flatMap((command) => {
    const options = optionsOf(command);
    return options.length > 0 ? [`      ${command.name}) words+=" ${dashed(options)}" ;;`] : [];
  });
  const operands = commands.flatMap((command) =>
    operandsOf(command).map((operand, at) => {
      return `      ${command.name}:${operand.repeated ? "*" : at}) ${setting(operand)} ;;`;
    })
  );
  return `# bash completion of messaging-client
_messaging_client() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= option= place=0 ended= skip= kind=
  local words= word i before=
  local profile=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == [=:] ]]; then
      [[ $option ]] || skip=1
    elif [[ $skip ]]; then
      skip=
    elif [[ $option ]]; then
      [[ $option == --profile ]] && profile=(--profile "\${word/#\~/$HOME}")
      option=
    else
      case $ended$word in
        --) ended=1 ;;
        ${[...values.keys()].map((name) => `--${name}`).join(" | ")}) option=$word ;;
        -*) ;;
        *) if [[ $command ]]; then ((place++)); else command=$word; fi ;;
      esac
    fi
  done
  [[ $current == [=:] ]] && current=
  if [[ $option ]]; then
    case $option in
${ofOptions.join("\n")}
    esac
  elif [[ $skip ]]; then
    :
  elif [[ -z $ended && $current == -* ]]; then
    words="${dashed(GLOBAL)} -h"
    case $command in
${own.join("\n")}
    esac
  elif [[ -z $command ]]; then
    words="${commands.map(({ name }) => name).join(" ")}"
  else
    case $command:$place in
${operands.join("\n")}
    esac
  fi
  if [[ $kind == contact* ]]; then
    COMPREPLY=()
    [[ $kind == contacts && $current == *[!\\\\],* ]] && before=\${current%,*},
    current=\${current#"$before"}
    while IFS= read -r word; do
      [[ $kind == contacts ]] && word=\${word//,/\\\\,}
      printf -v words %q "$word"
      [[ $words == "$current"* || $word == "$current"* ]] && COMPREPLY+=("$before$words")
    done < <(MESSAGING_PASSPHRASE= messaging-client "\${profile[@]}" ${CONTACTS})
    return
  fi
  case $kind in
    file) compopt -o default ;;
    folder) compopt -o dirnames ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _messaging_client messaging-client`;
}

/** The function is called as the file from which zsh loads it. */
function zshScript(commands: readonly AnyCommand[]): string {
  /** Characters that a description must not have. */
  const escaped = (text: string) => text.replaceAll("\n", " ").replace(/[[\]:\\]/g, "\\$&");
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const action = (argument: Operand | Option) => {
    if (argument.completes === "file") return "_files";
    if (argument.completes === "folder") return "_files -/";
    if (argument.completes === "contact") return "_messaging_client_contacts";
    if (argument.completes === "contacts") return "_messaging_client_several";
    const words = wordsFor(argument, commands);
    return words.length > 0 ? `(${words.join(" ")})` : " ";
  };
  const optionSpec = ([name, option]: NamedOption) => {
    const { value, help } = option;
    const argument = value === undefined ? "" : `:${escaped(value)}:${action(option)}`;
    return quoted(`--${name}${value === undefined ? "" : "="}[${escaped(help)}]${argument}`);
  };
  const operandSpec = (operand: Operand, at: number) => {
    const place = operand.repeated ? "*" : `${at + 1}`;
    const colon = operand.optional ? "::" : ":";
    return quoted(`${place}${colon}${escaped(operandName(operand))}:${action(operand)}`);
  };
  const cases = commands.map((command) => {
    const specs = [...optionsOf(command).map(optionSpec), ...operandsOf(command).map(operandSpec)];
    return `    ${command.name}) own=(${specs.join(" ")}) ;;`;
  });
  const names = commands.map(({ name, summary }) => quoted(`${name}:${summary}`));
  return `#compdef messaging-client
_messaging_client_contacts() {
  local -a names
  names=("\${(@f)$(MESSAGING_PASSPHRASE= messaging-client $profile ${CONTACTS})}")
  [[ $1 == several ]] && names=("\${(@)names//,/\\\\,}")
  compadd -a -- names
}
_messaging_client_several() {
  compset -P '*[^\\\\],'
  _messaging_client_contacts several
}
_messaging-client() {
  local context state state_descr line
  local -a profile
  typeset -A opt_args
  local -a commands global own
  commands=(
    ${names.join("\n    ")}
  )
  global=(
    ${GLOBAL.map(optionSpec).join("\n    ")}
    '-h[Show this help, or that of a command]'
  )
  _arguments -C -S $global '1:command:->command' '*::argument:->argument' && return
  if [[ $state == command ]]; then
    _describe command commands
    return
  fi
  (( $+opt_args[--profile] )) && profile=(--profile "\${\${(Q)opt_args[--profile]}/#\\~/$HOME}")
  case $line[1] in
${cases.join("\n")}
  esac
  _arguments -S $global $own
}
if [[ $funcstack[1] == _messaging-client ]]; then
  _messaging-client "$@"
else
  compdef _messaging-client messaging-client
fi`;
}

function fishScript(commands: readonly AnyCommand[]): string {
  const quoted = (text: string) => `'${text.replaceAll("\n", " ").replace(/['\\]/g, "\\$&")}'`;
  const values = [...valueOptions(commands).keys()].map((name) => `--${name}`);
  const line = (condition: string, rest: string) =>
    `complete -c messaging-client${condition && ` -n ${quoted(condition)}`} ${rest}`;
  const offers: Partial<Record<NonNullable<Operand["completes"]>, string>> = {
    folder: "(__fish_complete_directories)",
    contact: "(__messaging_client_contacts)",
    contacts: "(__messaging_client_several)",
  };
  const offerFor = (argument: Operand | Option) => {
    const words = wordsFor(argument, commands);
    return words.length > 0 ? words.join(" ") : offers[argument.completes!];
  };
  const optionLine = (condition: string) => ([name, option]: NamedOption) => {
    const { value, completes, help } = option;
    const offer = offerFor(option);
    const some = completes === "file" ? " -r -F" : offer ? ` -x -a ${quoted(offer)}` : " -x";
    return line(condition, `-l ${name}${value === undefined ? "" : some} -d ${quoted(help)}`);
  };
  const operandLine = ({ name }: AnyCommand) => (operand: Operand, at: number) => {
    const condition = `__messaging_client_at ${name} ${operand.repeated ? "-ge" : "-eq"} ${at + 1}`;
    const offer = offerFor(operand);
    if (offer) return [line(condition, `-a ${quoted(offer)}`)];
    return operand.completes ? [line(condition, "-F")] : [];
  };
  return [
    `# fish completion of messaging-client
function __messaging_client_operands
    set -l skip
    set -l tokens (commandline -opc)
    for token in $tokens[2..]
        if test -n "$skip"
            set skip
            continue
        end
        switch $token
            case ${values.join(" ")}
                set skip yes
            case '-*'
            case '*'
                printf '%s\\n' $token
        end
    end
end
function __messaging_client_at
    set -l operands (__messaging_client_operands)
    test "$operands[1]" = $argv[1]; or return
    test (count $argv) -eq 1; or test (count $operands) $argv[2] $argv[3]
end
function __messaging_client_contacts
    set -l profile
    set -l option
    for token in (commandline -opc)
        if test -n "$option"
            set profile --profile (string replace -r '^~' $HOME -- $token)
            set option
        else if string match -q -- '--profile=*' $token
            set profile --profile (string replace -r '^--profile=' '' -- $token)
            set profile[2] (string replace -r '^~' $HOME -- $profile[2])
        else if test "$token" = --profile
            set option yes
        end
    end
    MESSAGING_PASSPHRASE= messaging-client $profile ${CONTACTS}
end
function __messaging_client_several
    set -l before (string match -r '^.*[^\\\\\\\\],' -- (commandline -ct))
    for name in (__messaging_client_contacts)
        printf '%s%s\\n' "$before" (string replace -a , '\\\\,' -- $name)
    end
end
complete -c messaging-client -f
complete -c messaging-client -s h -d 'Show this help, or that of a command'`,
    ...GLOBAL.map(optionLine("")),
    ...commands.map(({ name, summary }) =>
      line("test -z (__messaging_client_operands)[1]", `-a ${name} -d ${quoted(summary)}`)
    ),
    ...commands.flatMap((command) => [
      ...optionsOf(command).map(optionLine(`__messaging_client_at ${command.name}`)),
      ...operandsOf(command).flatMap(operandLine(command)),
    ]),
  ].join("\n");
}
