/** Most columns of a model that is asked: each draw computes all of them. */
export const MOST_ASKED = 60;
