/** Small networks of a smooth activation: with relu, a numeric law could by chance stand on a kink. */
export const small = { hidden: [8, 8], activation: "tanh" } as const;
