import { createDecipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { rowsOf } from './database.ts';

const HEAD_BYTES = 1 + 12 + 16;
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const ABSENT = 0xffff_ffff;
/** In the order in which the parts of an execution lie. */
const partNames = [
  'meta',
  'body',
  'steps',
  'logs',
  'errors',
  'answerHeaders',
  'answerBody',
  'credentials',
  'rawQuery',
] as const;

export type StoredPayload = Partial<Record<(typeof partNames)[number], string>>;

/**
 * Reads the payloads of executions from the database itself, by the format that docs/security.md describes and not with
 * the product's code: format byte, nonce, tag, AES-256-GCM; a zstd frame or the
 * pack as it is; each part behind its length.
 */
export async function payloadReader(dataFolder: string): Promise<(column: string) => StoredPayload> {
  const key = Buffer.from(readFileSync(join(dataFolder, 'secrets.key'), 'utf8'), 'base64');
  const packs = await rowsOf<{ id: string; sealed: Uint8Array }>(
    dataFolder,
    'SELECT id, sealed FROM payload_packs',
  );
  const sealedOf = new Map(packs.map(({ id, sealed }) => [id, Buffer.from(sealed)]));
  const opened = new Map<string, Buffer>();
  const open = (id: string): Buffer => {
    const known = opened.get(id);
    if (known) return known;
    const sealed = sealedOf.get(id)!;
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 13));
    decipher.setAuthTag(sealed.subarray(13, HEAD_BYTES));
    const packed = Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]);
    const plain = packed.subarray(0, 4).equals(ZSTD_MAGIC) ? zstdDecompressSync(packed) : packed;
    opened.set(id, plain);
    return plain;
  };
  return (column) => {
    const payload: StoredPayload = {};
    for (const place of column.split(',')) {
      const [id, offset, bytes] = place.split(':');
      const part = open(id!).subarray(Number(offset), Number(offset) + Number(bytes));
      for (let at = 0, index = 0; at < part.length; index++) {
        const length = part.readUInt32BE(at);
        at += 4;
        if (length === ABSENT) continue;
        payload[partNames[index]!] = part.toString('utf8', at, at + length);
        at += length;
      }
    }
    return payload;
  };
}
