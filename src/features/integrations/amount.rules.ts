import type { Amount } from './provider.ts';

/** Amounts of money as providers write them, without the errors of binary fractions. */

const DECIMALS = 2;
const decimal = /^(-?)(\d{1,13})(?:\.(\d+))?$/;

/** An amount in naira, say: a number, or its digits as a text. Null: there is none. */
export function majorAmount(original: unknown, currency: string): Amount | null {
  return amount(original, currency, (text) => {
    const [, sign, whole, fraction = ''] = decimal.exec(text) ?? [];
    const significant = fraction.replace(/0+$/, '');
    if (whole === undefined || significant.length > DECIMALS) return null;
    return Number(`${sign}${whole}${significant.padEnd(DECIMALS, '0')}`);
  });
}

/** The same in kobo, say. */
export function minorAmount(original: unknown, currency: string): Amount | null {
  return amount(original, currency, (text) => {
    const [, sign, whole, fraction = ''] = decimal.exec(text) ?? [];
    return whole === undefined || /[^0]/.test(fraction) ? null : Number(`${sign}${whole}`);
  });
}

function amount(
  original: unknown,
  currency: string,
  minorOf: (text: string) => number | null,
): Amount | null {
  if (original === undefined || original === null || original === '') return null;
  const isReadable = typeof original === 'number' || typeof original === 'string';
  const minor = isReadable ? minorOf(String(original).trim().replaceAll(',', '')) : null;
  // Minus zero is no amount of its own.
  return { minor: minor === null ? null : minor + 0, currency, original };
}
