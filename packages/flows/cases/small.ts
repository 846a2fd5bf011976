/** Small networks with a smooth activation. With relu, a numeric law could happen to be tested at a kink. */
export const small = { hidden: [8, 8], activation: "tanh" } as const;
