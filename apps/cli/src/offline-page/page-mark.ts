/** How a file is told to be an offline page of a model. */
export const OFFLINE_PAGE_MARK = '<meta name="generator" content="pushforward export --html">';
