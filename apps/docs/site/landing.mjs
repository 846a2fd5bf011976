/** The first page: the settings of its head, and what stands below. */
const settings = {
  layout: "home",
  hero: {
    name: "pushforward",
    text: "Exact densities of tables",
    tagline:
      "Learn a probability density from data, evaluate it exactly, sample from it, and ask it questions, in Node and in the browser.",
    image: {
      src: "/images/earthquakes-sphere.svg",
      alt: "The density of one week of earthquakes, learned by a mixture of flows",
    },
    actions: [
      { theme: "brand", text: "Take the tour", link: "/tour" },
      { theme: "alt", text: "Your table", link: "/guides/your-table" },
      { theme: "alt", text: "Gallery", link: "/gallery" },
    ],
  },
  features: [
    {
      title: "Score and explain",
      details:
        "The exact log-density of each row, a score that says how anomalous it is, and the cells that are responsible.",
      link: "/guides/your-table",
      linkText: "Find anomalies",
    },
    {
      title: "Synthetic rows",
      details: "New rows in the format of the file, with its categories, decimals and missing cells.",
      link: "/guides/ten-tasks#learn-a-table-from-csv",
      linkText: "Draw rows",
    },
    {
      title: "Ask",
      details: "Any columns are given, any columns are asked for. One model answers all questions.",
      link: "/guides/ten-tasks#condition",
      linkText: "Ask a question",
    },
    {
      title: "Impute",
      details: "A model draws each missing cell given all other cells of its row.",
      link: "/guides/ten-tasks#impute-missing-cells",
      linkText: "Fill cells",
    },
  ],
};

const text = `
## One file in, one model out

\`\`\`sh
npm install -g @pushforward/cli
pushforward fit penguins.csv --na unknown --out penguins.safetensors
pushforward score penguins.safetensors penguins.csv --top 10
pushforward sample penguins.safetensors -n 1000 --out synthetic.csv
pushforward impute penguins.safetensors penguins.csv --out filled.csv
\`\`\`

## Watch a flow learn

![The playground: two spirals, the density of a trained flow, the grid of its base bent by its layers, the loss](/images/playground.png)
`;

// JSON is YAML.
export const LANDING = `---\n${JSON.stringify(settings)}\n---\n${text}`;
