/** A text in a list with commas, as the command line takes it. */
export function csvName(text: string): string {
  return /[",]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
