import { mention, type OptionMention } from "@pushforward/core/extend";

/** An option that an error asks for, because the file does not tell its value. */
export function asked(option: string): OptionMention {
  return mention(option, { words: `option ${option}` });
}
