// Loaded when one of them is chosen: the rows are a good part of what the page could load.
export { earthquakes, penguins } from "pushforward";
