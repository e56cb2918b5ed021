/** Which addresses records may name. */
import fc from 'fast-check';
import { parseAllowList } from '../../core/allow-list';

test('an empty list allows every address', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.constantFrom('', ' ', ' , ,'), (ip, list) => {
      expect(parseAllowList(list)(ip)).toBe(true);
    }),
  );
});

test.each([
  ['10.8.0.0/14', '10.11.255.255', true],
  ['10.8.0.0/14', '10.12.0.0', false],
  ['10.0.0.7/32', '10.0.0.7', true],
  ['0.0.0.0/0', '192.168.0.1', true],
  ['0.0.0.0/0', 'fd00::1', false],
  ['fd00::/8', 'fd12::1', true],
  ['fd00::/8', '10.0.0.1', false],
  ['10.0.0.0/8', '::ffff:10.0.0.1', true],
  ['192.168.0.0/16, 10.0.0.0/8', '10.0.0.1', true],
])('%s and %s: %s', (list, ip, expected) => {
  expect(parseAllowList(list)(ip)).toBe(expected);
});

test.each(['10.0.0.0', '10.0.0.0/33', 'pods', '10.0.0.0/8;fd00::/8', '10.0.0.0/8, x'])(
  '%s is refused, by its name',
  (list) => {
    expect(() => parseAllowList(list)).toThrow(
      expect.objectContaining({ code: 'BAD_CIDR' }) as Error,
    );
  },
);

test('an address is allowed by the network of its own bits, whatever their number', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (ip, bits) => {
      expect(parseAllowList(`${ip}/${bits}`)(ip)).toBe(true);
    }),
  );
});
