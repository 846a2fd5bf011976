import type { Argument, Command, Option } from "commander";
import { print } from "../output/terminal.ts";

/** A shell with a completion script. */
export type Shell = "bash" | "zsh" | "fish" | "powershell";

/** A command as a script knows it: its words and their descriptions. */
interface CompletedCommand {
  readonly name: string;
  readonly help: string;
  readonly options: readonly CompletedOption[];
  /** Words that an argument may be. */
  readonly choices: readonly string[];
}

interface CompletedOption {
  readonly long: string;
  readonly help: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** Runs `pushforward completion`. */
export function runCompletion(commands: readonly Command[]): (shell: Shell) => Promise<void> {
  return (shell) => print(completionScript(shell, commands));
}

/** A script that completes the names of commands, their options, and words of a fixed set; files elsewhere. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  return SCRIPTS[shell](commands.map(completed));
}

function completed(command: Command): CompletedCommand {
  const help: CompletedOption = { long: "--help", help: "show help", takesValue: false, choices: [] };
  const options = command.options.filter(({ long, hidden }) => Boolean(long) && !hidden).map(completedOption);
  return {
    name: command.name(),
    help: brief(command.description()),
    options: [...options, help],
    choices: command.registeredArguments.flatMap(({ argChoices }: Argument) => argChoices ?? []),
  };
}

function completedOption({ long, description, required, optional, argChoices }: Option): CompletedOption {
  return {
    long: long as string,
    help: brief(description),
    takesValue: required || optional,
    choices: argChoices ?? [],
  };
}

/** The first sentence, without characters that mean something to a shell. */
function brief(text: string): string {
  return (text.split(/\.(?:\s|$)/)[0] as string)
    .replaceAll(": ", " – ")
    .replace(/[^\p{L}\p{N} .,;()/%+<>=_–-]/gu, "")
    .replace(/\s+/g, " ");
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: (commands) => `#compdef pushforward\n${zshScript(commands)}`,
  fish: fishScript,
  powershell: powershellScript,
};

function bashScript(commands: readonly CompletedCommand[]): string {
  const values = commands.flatMap(({ name, options }) =>
    options.flatMap(({ long, choices, takesValue }) =>
      takesValue ? `    ${name}:${long}) words="${choices.join(" ")}"; files=${choices.length === 0 ? 1 : 0} ;;\n` : [],
    ),
  );
  const words = commands.map(({ name, options, choices }) => {
    const flags = options.map(({ long }) => long).join(" ");
    return `      ${name}) flags="${flags}"; words="${choices.join(" ")}"; files=${choices.length === 0 ? 1 : 0} ;;\n`;
  });
  return `# bash completion of pushforward: source <(pushforward completion bash)
_pushforward() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  local flags="" words="" files=0
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")} --help --version" -- "$current"))
    return
  fi
  case "$command:$before" in
${values.join("")}    *)
      case "$command" in
${words.join("")}      esac
      ;;
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *)
      COMPREPLY=($(compgen -W "$words" -- "$current"))
      if [ "$files" -eq 1 ]; then
        compopt -o filenames 2>/dev/null
        local file
        while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$current")
      fi
      ;;
  esac
}
complete -F _pushforward pushforward
`;
}

function zshScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, options, choices }) => {
    const specs = options.map(({ long, help, takesValue, choices: values }) => {
      const action = !takesValue ? "" : values.length > 0 ? `:value:(${values.join(" ")})` : ":value:_files";
      return `        '*${long}[${help}]${action}' \\\n`;
    });
    return `      ${name})
      _arguments \\
${specs.join("")}        '*:file:${choices.length > 0 ? `(${choices.join(" ")})` : "_files"}'
      ;;
`;
  });
  return `# zsh completion of pushforward: source <(pushforward completion zsh)
_pushforward() {
  local -a commands
  if (( CURRENT == 2 )); then
    commands=(
${commands.map(({ name, help }) => `      '${name}:${help}'\n`).join("")}    )
    _describe command commands
    return
  fi
  local command=\${words[2]}
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("")}  esac
}
compdef _pushforward pushforward
`;
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, help, options, choices }) => {
    const used = `-n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c pushforward -n __fish_use_subcommand -f -a ${name} -d '${help}'`,
      ...(choices.length > 0 ? [`complete -c pushforward ${used} -f -a '${choices.join(" ")}'`] : []),
      ...options.map(({ long, help: text, takesValue, choices: values }) => {
        const value = !takesValue ? "" : values.length > 0 ? ` -x -a '${values.join(" ")}'` : " -r";
        return `complete -c pushforward ${used} -l ${long.slice(2)}${value} -d '${text}'`;
      }),
    ];
  });
  return `# fish completion of pushforward: pushforward completion fish | source\n${lines.join("\n")}\n`;
}

function powershellScript(commands: readonly CompletedCommand[]): string {
  const list = (words: readonly string[]): string => `@(${words.map((word) => `'${word}'`).join(", ")})`;
  const entries = commands.map(({ name, options, choices }) => {
    const values = options.flatMap(({ long, choices: all }) => (all.length > 0 ? `'${long}' = ${list(all)}` : []));
    const flags = options.map(({ long }) => long);
    return `    '${name}' = @{ words = ${list([...choices, ...flags])}; values = @{ ${values.join("; ")} } }\n`;
  });
  return `# PowerShell completion of pushforward: pushforward completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName pushforward -ScriptBlock {
  param($word, $ast, $position)
  $commands = [ordered]@{
${entries.join("")}  }
  $given = @($ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { $_.ToString() })
  $command = if ($given.Count -gt 1) { $commands[$given[1]] } else { $null }
  if ($given.Count -le 1) { $words = $commands.Keys }
  elseif ($null -eq $command) { $words = @() }
  elseif ($command.values.ContainsKey($given[-1])) { $words = $command.values[$given[-1]] }
  else { $words = $command.words }
  $words | Where-Object { $_ -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}
