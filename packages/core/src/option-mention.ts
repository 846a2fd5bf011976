/**
 * An option of the library that an error names. A program that calls its options otherwise, by flags or by buttons, puts
 * its own words in place of the phrase: see {@link PushforwardError.tell}.
 */
export interface OptionMention {
  readonly option: string;
  /** The value that the message proposes. */
  readonly value?: string | boolean;
  /** The words of the message. */
  readonly phrase: string;
}

/** A message as text and mentions of options, in order. */
export type MessageParts = readonly (string | OptionMention)[];

/** `option: value`, or the option alone where the message proposes no value. */
export function mention(option: string, value?: string | boolean): OptionMention {
  const phrase = value === undefined ? option : `${option}: ${JSON.stringify(value)}`;
  return { option, phrase, ...(value !== undefined && { value }) };
}
