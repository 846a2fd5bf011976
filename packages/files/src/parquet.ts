export { readParquet } from "./parquet/parquet-file.ts";
