/** Marks a file as an offline page of a model. */
export const OFFLINE_PAGE_MARK = '<meta name="generator" content="pushforward export --html">';
