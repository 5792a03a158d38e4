import { usage } from './failures.ts';
import { isRecord } from './json-schema.ts';
import { tableText } from './terminal.ts';
import { yamlText } from './yaml-text.ts';

const formats = ['json', 'yaml', 'table'] as const;
export type Format = (typeof formats)[number];

export function formatOf(text: string | undefined): Format {
  const found = formats.find((format) => format === (text ?? 'json'));
  if (found) return found;
  throw usage(`--output must be one of ${formats.join(', ')}, not "${text}"`);
}

/** What a command gave, in the form that was asked for. */
export function shownData(data: unknown, format: Format): string {
  if (format === 'yaml') return yamlText(data).trimEnd();
  return format === 'table' ? dataTable(data) : JSON.stringify(data, null, 2);
}

/** A list as rows, anything else as names with values; what is not flat is left to the other forms. */
function dataTable(data: unknown): string {
  const items = isRecord(data) && Array.isArray(data['items']) ? data['items'] : data;
  if (!Array.isArray(items)) {
    if (!isRecord(items)) return String(items);
    return tableText(
      ['field', 'value'],
      Object.entries(items).map(([name, value]) => [name, cellOf(value)]),
      100,
    );
  }
  const rows = items.map((item) => (isRecord(item) ? item : { value: item as unknown }));
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) =>
    rows.some((row) => isFlat(row[name])),
  );
  if (names.length === 0) return 'There are none.';
  return tableText(
    names,
    rows.map((row) => names.map((name) => cellOf(row[name]))),
    40,
  );
}

function isFlat(value: unknown): boolean {
  return value !== null && value !== undefined && typeof value !== 'object';
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
