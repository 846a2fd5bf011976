/** How a file is told to be a report. */
export const PAGE_MARK = '<meta name="generator" content="pushforward report">';
