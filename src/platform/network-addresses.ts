import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

interface Ipv4 {
  family: 4;
  value: number;
}

interface Ipv6 {
  family: 6;
  value: bigint;
}

/** IPv4-mapped IPv6 is read as the IPv4 it stands for, so that one machine has one address. */
type Address = Ipv4 | Ipv6;

interface Range<T extends number | bigint> {
  first: T;
  last: T;
}

type AddressRange = ({ family: 4 } & Range<number>) | ({ family: 6 } & Range<bigint>);

const MAPPED_HEAD = 0xffffn;
const LOW_32_BITS = 0xffff_ffffn;

function readAddress(text: string): Address | null {
  // net.isIPv4 and net.isIPv6 know exactly one spelling of IPv4 (no hex, octal or short forms); ipaddr.js knows more.
  if (isIPv4(text)) return { family: 4, value: ipv4Value(text) };
  if (text.includes('%') || !isIPv6(text)) return null;
  const value = ipv6Value(text);
  return isMapped(value) ? { family: 4, value: Number(value & LOW_32_BITS) } : { family: 6, value: value };
}

function ipv4Value(text: string): number {
  let value = 0;
  for (const octet of text.split('.')) value = value * 256 + Number(octet);
  return value;
}

/** Not by ipaddr.js, which reads the old IPv4-compatible `::8.8.8.8` as the IPv4-mapped `::ffff:8.8.8.8`. */
function ipv6Value(text: string): bigint {
  const [head = '', tail = ''] = text.split('::');
  const left = hextetsOf(head);
  const right = hextetsOf(tail);
  const zeros = Array<number>(8 - left.length - right.length).fill(0);
  return [...left, ...zeros, ...right].reduce((value, part) => (value << 16n) | BigInt(part), 0n);
}

function hextetsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return Number.parseInt(part, 16);
    const value = ipv4Value(part);
    return [value >>> 16, value & 0xffff];
  });
}

function isMapped(ipv6: bigint): boolean {
  return ipv6 >> 32n === MAPPED_HEAD;
}

function ipv4Text(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

function ipv6Text(value: bigint): string {
  const parts = Array.from({ length: 8 }, (_, at) => Number((value >> BigInt(112 - 16 * at)) & 0xffffn));
  return new ipaddr.IPv6(parts).toRFC5952String();
}

function textOf(address: Address): string {
  return address.family === 4 ? ipv4Text(address.value) : ipv6Text(address.value);
}

function mergedRanges<T extends number | bigint>(ranges: Range<T>[]): Range<T>[] {
  const merged: Range<T>[] = [];
  for (const range of ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last) merged.push({ ...range });
    else if (range.last > before.last) before.last = range.last;
  }
  return merged;
}

/** The ranges lie sorted and apart, so the last one that starts at or before the value decides. */
function covers<T extends number | bigint>(ranges: readonly Range<T>[], value: T): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]!.first <= value) low = middle + 1;
    else high = middle;
  }
  const candidate = ranges[low - 1];
  return candidate !== undefined && value <= candidate.last;
}

/** A compiled list of networks; it fails closed: no rules, or an address nobody can read, match nothing. */
export class AddressRules {
  /** True for the empty list, which an allow-list reads as "everyone" and a list of exceptions as "nobody". */
  readonly isEmpty: boolean;
  readonly #ipv4: readonly Range<number>[];
  readonly #ipv6: readonly Range<bigint>[];

  constructor(ranges: readonly AddressRange[]) {
    this.isEmpty = ranges.length === 0;
    this.#ipv4 = mergedRanges(ranges.filter((range) => range.family === 4));
    this.#ipv6 = mergedRanges(ranges.filter((range) => range.family === 6));
  }

  /** Whether a rule contains the address; IPv4 rules judge IPv4 and IPv4-mapped IPv6, IPv6 rules the rest. */
  matches(address: string): boolean {
    const read = readAddress(address);
    return read !== null && this.covers(read);
  }

  /** The same question for an address that was read before. */
  covers(address: Address): boolean {
    return address.family === 4 ? covers(this.#ipv4, address.value) : covers(this.#ipv6, address.value);
  }
}

/** Reads a comma-separated list of addresses and CIDR networks; every entry that cannot be meant is refused by name. */
export function parseAddressRules(text: string): { rules: AddressRules } | { errors: string[] } {
  if (text.trim() === '') return { rules: new AddressRules([]) };
  const ranges: AddressRange[] = [];
  const errors: string[] = [];
  for (const entry of text.split(',')) {
    const range = rangeOf(entry.trim());
    if (typeof range === 'string') errors.push(range);
    else ranges.push(range);
  }
  return errors.length > 0 ? { errors } : { rules: new AddressRules(ranges) };
}

function rangeOf(entry: string): AddressRange | string {
  const quoted = JSON.stringify(entry.slice(0, 100));
  if (entry === '') return `An entry of the list is empty: ${quoted}.`;
  const [addressText = '', prefixText, ...rest] = entry.split('/');
  const address = readAddress(addressText);
  if (rest.length > 0 || address === null) return unreadableBecause(addressText, quoted);
  const writtenBits = addressText.includes(':') ? 128 : 32;
  const prefix = prefixText === undefined ? writtenBits : prefixOf(prefixText, writtenBits);
  if (prefix === null) {
    return `${quoted} has a bad prefix length; it must be a plain number from 0 to ${writtenBits}.`;
  }
  // A mapped network is written with 96 bits more than the IPv4 network it stands for.
  const bits = address.family === 4 ? prefix - (writtenBits - 32) : prefix;
  if (bits < 0)
    return `${quoted} is an IPv4-mapped network with a prefix under /96; write it as IPv4 or as IPv6.`;
  const range = rangeAround(address, bits);
  if (range.first === address.value) return range;
  return `${quoted} has host bits set; the network is "${textOf(networkOf(range))}/${bits}".`;
}

function prefixOf(text: string, bitsMax: number): number | null {
  return /^(0|[1-9]\d{0,2})$/.test(text) && Number(text) <= bitsMax ? Number(text) : null;
}

function rangeAround(address: Address, bits: number): AddressRange {
  if (address.family === 4) {
    const size = 2 ** (32 - bits);
    const first = address.value - (address.value % size);
    return { family: 4, first, last: first + size - 1 };
  }
  const size = 1n << BigInt(128 - bits);
  const first = address.value - (address.value % size);
  return { family: 6, first, last: first + size - 1n };
}

function networkOf(range: AddressRange): Address {
  return range.family === 4 ? { family: 4, value: range.first } : { family: 6, value: range.first };
}

function unreadableBecause(address: string, quoted: string): string {
  const dotted = address.slice(address.lastIndexOf(':') + 1);
  if (address.includes('%')) return `${quoted} carries a zone id, which means nothing in a list.`;
  if (/^0x/i.test(dotted) || /\.0x/i.test(dotted))
    return `${quoted} is written in hexadecimal; use four decimal numbers.`;
  if (/^[\d.]+$/.test(dotted) && dotted.includes('.') && /(^|\.)0\d/.test(dotted)) {
    return `${quoted} has a number with leading zeros, which some programs read as octal.`;
  }
  if (/^\d+(\.\d+){0,2}$/.test(address))
    return `${quoted} is a short form; write all four numbers of the address.`;
  return `${quoted} is not an IP address or a network such as 10.0.0.0/8.`;
}

/**
 * Who calls: the socket's peer or, when the peer is one of our proxies, the right-most address of X-Forwarded-For that
 * is not; an entry that cannot be read ends the walk, for everything left of it may be invented.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | string[] | undefined,
  trusted: AddressRules,
): { address: string } | { unreadable: string } {
  // Node writes the peer of a link-local connection with the interface it came in by.
  const nearest = readAddress(peer.replace(/%.*$/, ''));
  if (nearest === null) return { unreadable: peer };
  const entries = forwardedFor === undefined ? '' : [forwardedFor].flat().join(',').trim();
  if (entries === '' || !trusted.covers(nearest)) return { address: textOf(nearest) };
  let client = nearest;
  for (const entry of entries.split(',').toReversed()) {
    const read = readAddress(withoutPort(entry.trim()));
    if (read === null) return { unreadable: entry.trim() };
    client = read;
    if (!trusted.covers(read)) break;
  }
  return { address: textOf(client) };
}

function withoutPort(entry: string): string {
  const [, ipv6, ipv6Port] = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(entry) ?? [];
  // Brackets belong to IPv6; an IPv4 address inside them is no address.
  if (ipv6 !== undefined) return ipv6.includes(':') && isPort(ipv6Port) ? ipv6 : '';
  const [, ipv4, ipv4Port] = /^([\d.]+):(\d{1,5})$/.exec(entry) ?? [];
  return ipv4 !== undefined && isPort(ipv4Port) ? ipv4 : entry;
}

function isPort(text: string | undefined): boolean {
  return text === undefined || Number(text) <= 65_535;
}

function compiled(lists: readonly string[]): AddressRules {
  const parsed = parseAddressRules(lists.join(','));
  if ('errors' in parsed) throw new Error(parsed.errors.join(' '));
  return parsed.rules;
}

/**
 * The IANA IPv4 and IPv6 special-purpose registries, multicast, and 168.63.129.16 (Azure's WireServer: a public address
 * that answers every virtual machine with its credentials). Of IPv6 only 2000::/3 is global unicast, so the rest is
 * named whole.
 */
const specialNetworks = compiled([
  '0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12',
  '192.0.0.0/24, 192.0.2.0/24, 192.31.196.0/24, 192.52.193.0/24, 192.88.99.0/24',
  '192.168.0.0/16, 192.175.48.0/24, 198.18.0.0/15, 198.51.100.0/24, 203.0.113.0/24',
  '168.63.129.16, 224.0.0.0/4, 240.0.0.0/4',
  '::/3, 4000::/2, 8000::/1',
  '2001::/23, 2001:db8::/32, 2620:4f:8000::/48, 3fff::/20',
]);

/**
 * Whether the address is anything but an ordinary public one. NAT64 (64:ff9b::/96), 6to4 and IPv4-mapped addresses are
 * judged by the IPv4 address inside them; what cannot be read counts as special.
 */
export function isSpecialPurpose(address: string): boolean {
  const read = readAddress(address);
  return read === null || specialNetworks.covers(embeddedIpv4(read) ?? read);
}

function embeddedIpv4(address: Address): Address | null {
  if (address.family === 4) return null;
  if (address.value >> 32n === 0x64_ff9bn << 64n)
    return { family: 4, value: Number(address.value & LOW_32_BITS) };
  if (address.value >> 112n === 0x2002n)
    return { family: 4, value: Number((address.value >> 80n) & LOW_32_BITS) };
  return null;
}
