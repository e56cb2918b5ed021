/** Names of targets: one spelling for each address, and everything else refused. */
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { canonicalAddress, parseTarget } from '../../core/target';

test.each([
  ['10.0.0.1:8080', '10.0.0.1:8080', '10.0.0.1', 8080],
  ['[fd00::1]:80', '[fd00::1]:80', 'fd00::1', 80],
  ['[FD00:0:0::0001]:80', '[fd00::1]:80', 'fd00::1', 80],
  ['[::ffff:10.0.0.1]:80', '10.0.0.1:80', '10.0.0.1', 80],
  ['10.0.0.1:1', '10.0.0.1:1', '10.0.0.1', 1],
  ['10.0.0.1:65535', '10.0.0.1:65535', '10.0.0.1', 65_535],
])('%s is %s', (text, id, ip, port) => {
  expect(parseTarget(text)).toEqual({ id, ip, port });
});

test.each([
  ...['', '10.0.0.1', '10.0.0.1:', ':8080', '10.0.0.1:0', '10.0.0.1:65536', '10.0.0.1:-1'],
  ...[
    '10.0.0.1:80a',
    '10.0.0.256:80',
    'host:80',
    'fd00::1:80',
    '[fd00::1%eth0]:80',
    '[10]:80',
    '[10.0.0.1]:80',
    '10.1:80',
    '010.0.0.1:80',
  ],
  ...['[fd00::1]', ' 10.0.0.1:80', '10.0.0.1:80 ', '10.0.0.1:080000'],
])('"%s" is refused, with what to write', (text) => {
  expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: 'BAD_TARGET' }) as Error);
  expect(() => parseTarget(text)).toThrow('give ip:port');
});

test.each(['0.0.0.0:80', '0.1.2.3:80', '[::]:80', '[::ffff:0.0.0.0]:80'])(
  '%s is refused: nobody can connect there',
  (text) => expect(() => parseTarget(text)).toThrow(/nobody can connect/),
);

const isSomewhere = (address: string): boolean => ipaddr.process(address).range() !== 'unspecified';

const ip = fc.oneof(fc.ipV4(), fc.ipV6()).filter(isSomewhere);
const port = fc.integer({ min: 1, max: 65_535 });
const spelled = fc
  .tuple(ip, port)
  .map(([address, at]) => (address.includes(':') ? `[${address}]:${at}` : `${address}:${at}`));

test('an id read again is itself', () => {
  fc.assert(
    fc.property(spelled, (text) => {
      const { id } = parseTarget(text);
      expect(parseTarget(id).id).toBe(id);
    }),
  );
});

test('two spellings of one IPv6 address give one id', () => {
  const groups = fc
    .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
    .filter((numbers) => isSomewhere(numbers.map((group) => group.toString(16)).join(':')));
  fc.assert(
    fc.property(groups, (numbers) => {
      const long = numbers.map((group) => group.toString(16).padStart(4, '0').toUpperCase());
      const short = numbers.map((group) => group.toString(16));
      const [a, b] = [long, short].map((parts) => parseTarget(`[${parts.join(':')}]:80`).id);
      expect(a).toBe(b);
    }),
  );
});

test('any text is a target or refused with the one code', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), spelled), (text) => {
      try {
        expect(parseTarget(text).port).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toMatchObject({ code: 'BAD_TARGET' });
      }
    }),
  );
});

test.each([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['10.0.0.1', '10.0.0.1'],
])('the address %s is %s', (address, expected) => {
  expect(canonicalAddress(address)).toBe(expected);
});
