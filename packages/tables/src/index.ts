export { sampleColumns } from "./sample-columns.ts";
export {
  type ContextColumn,
  classColumns,
  contextNames,
  contextSize,
  gridSpacing,
  schemaKinds,
  schemaNames,
  type TableSchema,
} from "./table-schema.ts";
export { tableMetadata, tableSchemaFromJson, tableSchemaToJson } from "./table-schema-json.ts";
