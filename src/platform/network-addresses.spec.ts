import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  type AddressRules,
  clientAddress,
  isSpecialPurpose,
  parseAddressRules,
} from './network-addresses.ts';
import { repeatableNumbers } from '../../test/support/repeatable-random.ts';

function rulesOf(text: string): AddressRules {
  const parsed = parseAddressRules(text);
  if ('errors' in parsed) throw new Error(parsed.errors.join(' '));
  return parsed.rules;
}

function errorsOf(text: string): string[] {
  const parsed = parseAddressRules(text);
  return 'errors' in parsed ? parsed.errors : [];
}

function bitsOf(parts: readonly number[], width: number): string {
  return parts.map((part) => part.toString(2).padStart(width, '0')).join('');
}

function partsOf(bits: string, width: number): number[] {
  return (bits.match(new RegExp(`.{${width}}`, 'g')) ?? []).map((part) => Number.parseInt(part, 2));
}

describe('a list of networks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '9.255.255.255', false],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['192.0.2.1/32', '::ffff:192.0.2.1', true],
    ['192.0.2.1/32', '::ffff:c000:201', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '::ffff:10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '11.1.2.3', false],
    ['::ffff:0:0/96', '8.8.8.8', true],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['0.0.0.0/0', '::', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '10.0.0.1', false],
    ['::/0', '::ffff:10.0.0.1', false],
    ['::fffe:0:0/95', '::ffff:10.0.0.1', false],
    ['2001:DB8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/127', '2001:db8::2', false],
    [' 10.0.0.0/8 ,\t2001:db8::1 ', '2001:db8::1', true],
    ['10.0.0.0/16, 10.0.0.0/8, 10.9.0.0/16', '10.200.0.1', true],
  ])('%s against %s: %s', (list, address, expected) => {
    expect(rulesOf(list).matches(address)).toBe(expected);
  });

  it('is empty when nothing is written, and then matches nobody', () => {
    for (const text of ['', ' ', '\t\n']) {
      expect(rulesOf(text).isEmpty).toBe(true);
      expect(rulesOf(text).matches('127.0.0.1')).toBe(false);
    }
    expect(rulesOf('::1').isEmpty).toBe(false);
  });

  it.each([
    '',
    'x',
    '10.1',
    '010.0.0.1',
    '0x0a.0.0.1',
    '10.0.0.1 ',
    '10.0.0.1:80',
    'fe80::1%eth0',
    '1::2::3',
    '[::1]',
  ])('fails closed: the address %j matches nothing, not even every network', (address) => {
    expect(rulesOf('0.0.0.0/0, ::/0').matches(address)).toBe(false);
    const ofNode = new BlockList();
    ofNode.addSubnet('0.0.0.0', 0);
    expect(ofNode.check(address)).toBe(false);
  });

  it.each([
    ['10.1.2.3/8', 'has host bits set; the network is "10.0.0.0/8"'],
    ['2001:db8::1/64', 'has host bits set; the network is "2001:db8::/64"'],
    ['::ffff:10.0.0.1/104', 'has host bits set; the network is "10.0.0.0/8"'],
    ['010.0.0.1', 'leading zeros'],
    ['10.0.0.01', 'leading zeros'],
    ['0177.0.0.1', 'leading zeros'],
    ['00.0.0.0/8', 'leading zeros'],
    ['::ffff:010.0.0.1', 'leading zeros'],
    ['::ffff:0:0/95', 'under /96'],
    ['::ffff:10.0.0.0/8', 'under /96'],
    ['::ffff:0:0/0', 'under /96'],
    ['fe80::1%eth0', 'zone id'],
    ['fe80::%1/10', 'zone id'],
    ['10.1', 'short form'],
    ['10', 'short form'],
    ['10.1.2/24', 'short form'],
    ['2130706433', 'short form'],
    ['0x7f.0.0.1', 'hexadecimal'],
    ['0x7f000001', 'hexadecimal'],
    ['127.0.0.0x1', 'hexadecimal'],
    ['10.0.0.0/33', 'bad prefix length'],
    ['2001:db8::/129', 'bad prefix length'],
    ['10.0.0.0/', 'bad prefix length'],
    ['10.0.0.0/08', 'bad prefix length'],
    ['10.0.0.0/+8', 'bad prefix length'],
    ['10.0.0.0/-1', 'bad prefix length'],
    ['10.0.0.0/8.0', 'bad prefix length'],
    ['10.0.0.0/255.0.0.0', 'bad prefix length'],
    ['10.0.0.0 /8', 'is not an IP address'],
    ['10.0.0.0/8/8', 'is not an IP address'],
    ['256.0.0.1', 'is not an IP address'],
    ['10.0.0.0.0', 'is not an IP address'],
    ['[::1]', 'is not an IP address'],
    ['example.com', 'is not an IP address'],
    ['*', 'is not an IP address'],
    ['١٠.0.0.1', 'is not an IP address'],
  ])('refuses %j by name', (entry, reason) => {
    const [error, ...more] = errorsOf(entry);
    expect(error).toContain(reason);
    expect(error).toContain(JSON.stringify(entry));
    expect(more).toEqual([]);
  });

  it('tells of every bad entry and takes none of the list, and a stray comma does not open it to everyone', () => {
    expect(errorsOf('10.0.0.0/8, 10.1, fe80::1%a')).toHaveLength(2);
    expect(errorsOf(',')).toHaveLength(2);
    expect(errorsOf('10.0.0.0/8,')).toEqual(['An entry of the list is empty: "".']);
  });

  it.each([
    { name: 'IPv4', count: 4, width: 8, separator: '.', radix: 10 },
    { name: 'IPv6', count: 8, width: 16, separator: ':', radix: 16 },
  ])('agrees with comparing $name bit by bit', ({ count, width, separator, radix }) => {
    const length = count * width;
    const below = repeatableNumbers(length);
    const write = (bits: string) =>
      partsOf(bits, width)
        .map((part) => part.toString(radix))
        .join(separator);
    const wrong: string[] = [];
    let matches = 0;
    for (let round = 0; round < 400; round++) {
      const networks = Array.from({ length: 1 + below(6) }, () => {
        const prefix = below(length + 1);
        const bits = bitsOf(
          Array.from({ length: count }, () => below(2 ** width)),
          width,
        );
        return { prefix, bits: bits.slice(0, prefix).padEnd(length, '0') };
      });
      const rules = rulesOf(networks.map(({ prefix, bits }) => `${write(bits)}/${prefix}`).join());
      for (const { prefix, bits } of networks) {
        const flipped = below(length);
        const near = bits.slice(0, flipped) + (bits[flipped] === '0' ? '1' : '0') + bits.slice(flipped + 1);
        for (const address of [bits, near, bits.slice(0, prefix).padEnd(length, '1')]) {
          const expected = networks.some((network) =>
            address.startsWith(network.bits.slice(0, network.prefix)),
          );
          if (rules.matches(write(address)) !== expected) wrong.push(write(address));
          if (expected) matches++;
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(matches).toBeGreaterThan(1_000);
  });

  it.each([
    ['2001:db8::', '2001:db8:0:0:0:0:0:0'],
    ['::2:1', '0:0:0:0:0:0:2:1'],
    ['1::8', '1:0:0:0:0:0:0:8'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['::1.2.3.4', '0:0:0:0:0:0:102:304'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
    ['64:FF9B::255.255.255.255', '64:ff9b:0:0:0:0:ffff:ffff'],
  ])('takes %s and %s for the same address', (short, long) => {
    expect([rulesOf(short).matches(long), rulesOf(long).matches(short)]).toEqual([true, true]);
  });
});

describe('the address of a client', () => {
  const proxies = rulesOf('10.0.0.0/8, 2001:db8:ffff::/48, fe80::/10');

  it.each([
    ['203.0.113.9', undefined, '203.0.113.9'],
    ['::ffff:203.0.113.9', undefined, '203.0.113.9'],
    ['2001:DB8:0:0::1', undefined, '2001:db8::1'],
    ['fe80::1%eth0', undefined, 'fe80::1'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['203.0.113.9', 'nonsense', '203.0.113.9'],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['fe80::1%eth0', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['10.0.0.1', 'invented, 198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', ['1.1.1.1', '198.51.100.1,10.0.0.2', '10.0.0.3'], '198.51.100.1'],
    ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['10.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '\t198.51.100.1 ', '198.51.100.1'],
    ['10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['10.0.0.1', '[2001:db8::5]:4711', '2001:db8::5'],
    ['10.0.0.1', '[2001:db8::5]', '2001:db8::5'],
    ['10.0.0.1', '2001:db8::5', '2001:db8::5'],
    ['10.0.0.1', '198.51.100.1, [2001:db8:ffff::1]:80', '198.51.100.1'],
  ])('peer %j with %j is %s', (peer, forwardedFor, expected) => {
    expect(clientAddress(peer, forwardedFor, proxies)).toEqual({ address: expected });
  });

  it.each([
    ['unknown', 'unknown'],
    ['198.51.100.1, unknown, 10.0.0.2', 'unknown'],
    ['198.51.100.1,', ''],
    [',', ''],
    ['_hidden', '_hidden'],
    ['198.51.100.1:', '198.51.100.1:'],
    ['198.51.100.1:65536', '198.51.100.1:65536'],
    ['198.51.100.1:80:80', '198.51.100.1:80:80'],
    ['[198.51.100.1]:80', '[198.51.100.1]:80'],
    ['[2001:db8::5', '[2001:db8::5'],
    ['[2001:db8::5]80', '[2001:db8::5]80'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['0x7f.1', '0x7f.1'],
    ['010.0.0.1', '010.0.0.1'],
    ['1.2.3.4 5.6.7.8', '1.2.3.4 5.6.7.8'],
  ])('a proxy that says %j is not understood', (forwardedFor, unreadable) => {
    expect(clientAddress('10.0.0.1', forwardedFor, proxies)).toEqual({ unreadable });
  });

  it('is unreadable when the peer is, and trusts nobody when no proxy is named', () => {
    expect(clientAddress('', '198.51.100.1', proxies)).toEqual({ unreadable: '' });
    expect(clientAddress('10.0.0.1', '198.51.100.1', rulesOf(''))).toEqual({ address: '10.0.0.1' });
  });
});

/** One address a word, so that a table of them can be read at a glance. */
function words(...lines: string[]): string[] {
  return lines.join(' ').split(' ');
}

describe('a special-purpose address', () => {
  it.each(
    words(
      '0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1',
      '172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1',
      '224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16 192.31.196.1 192.52.193.1 192.175.48.1',
      ':: ::1 ::127.0.0.1 ::8.8.8.8 ::808:808 ::ffff:127.0.0.1 ::ffff:a00:1 ::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8',
      '64:ff9b::10.0.0.1 64:ff9b::7f00:1 64:ff9b:1::8.8.8.8 64:ff9b:1:a9fe:a9:fe00:: 64:ff9b::1:8.8.8.8 100::1 100:0:0:1::1',
      '2001::1 2001:0:808:808:: 2001:1::1 2001:2::1 2001:10::1 2001:20::1 2001:1ff::1 2001:db8::1 2002:7f00:1::1',
      '2002:a9fe:a9fe:: 2620:4f:8000::1 3fff::1 3fff:fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 febf::1',
      'fec0::1 ff02::1 ffff:: 1fff::1 localhost 8.8.8 010.8.8.8 0x8.8.8.8 fe80::1%eth0 2606:4700::1%eth0 [::1]',
    ),
  )('%s is', (address) => {
    expect(isSpecialPurpose(address)).toBe(true);
  });

  it.each(['', ' ', '8.8.8.8 ', '8.8.8.8\n', '8.8.8.8\0'])('%j is, for it cannot be read', (address) => {
    expect(isSpecialPurpose(address)).toBe(true);
  });

  it.each(
    words(
      '1.0.0.0 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255',
      '169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0',
      '223.255.255.255 168.63.129.15 2000::1 2001:200::1 2001:4860:4860::8888 2606:4700::1111 2620:4f:8001::1',
      '3ffe:ffff::1 2003:: ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1',
    ),
  )('%s is not', (address) => {
    expect(isSpecialPurpose(address)).toBe(false);
  });
});
