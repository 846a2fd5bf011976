export { readParquet } from "./parquet/read-parquet.ts";
