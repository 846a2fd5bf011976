import { MessageReader } from "apache-arrow";
import { RequestError } from "./read-json.ts";

/** The first bytes of a file of Arrow; messages follow it as in a stream. */
const MAGIC = "ARROW1";
const MAGIC_LENGTH = 8;
/** Most bytes that describe the columns, or a batch. */
const MOST_METADATA = 1 << 20;

/**
 * Checks the sizes declared in an Arrow body before it is decoded. A few bytes can claim a billion rows, and compressed
 * columns can have any size.
 *
 * @throws {RequestError} the body declares more rows than allowed, is compressed, or is not Arrow.
 */
export function checkArrow(body: Uint8Array, maxRows: number): void {
  const isFile = new TextDecoder("latin1").decode(body.subarray(0, MAGIC.length)) === MAGIC;
  const bytes = isFile ? body.subarray(MAGIC_LENGTH) : body;
  checkMetadata(bytes);
  try {
    let rows = 0;
    const reader = new MessageReader(bytes);
    for (const message of reader) {
      if (message.isRecordBatch()) {
        const header = message.header();
        rows += Number(header.length);
        // A column may announce more cells than its batch has rows.
        const most = Math.max(rows, ...header.nodes.map(({ length }) => Number(length)));
        if (most > maxRows) throw new RequestError(`body: expected at most ${maxRows} rows, got ${most}.`, 413);
        if (header.compression !== null) throw compressed();
      } else if (message.isDictionaryBatch()) {
        const { data } = message.header();
        const most = Math.max(Number(data.length), ...data.nodes.map(({ length }) => Number(length)));
        if (most > maxRows) {
          throw new RequestError(`body: expected at most ${maxRows} values of a dictionary, got ${most}.`, 413);
        }
        if (data.compression !== null) throw compressed();
      }
      reader.readMessageBody(message.bodyLength);
    }
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError(`body: expected Arrow IPC, got invalid data: ${(error as Error).message}.`);
  }
}

/** Checks the lengths of the metadata first, because a reader trusts these lengths. */
function checkMetadata(bytes: Uint8Array): void {
  if (bytes.length < 8) throw new RequestError("body: expected Arrow IPC, got less than 8 bytes.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = view.getInt32(0, true);
  const length = first === -1 ? view.getInt32(4, true) : first;
  if (length < 0 || length > MOST_METADATA || length > bytes.length) {
    throw new RequestError(`body: expected Arrow IPC with at most ${MOST_METADATA} bytes of metadata, got ${length}.`);
  }
}

function compressed(): RequestError {
  return new RequestError("body: expected Arrow IPC without compression, got compressed columns.", 415);
}
