import { missingMessage } from '../../harness/preflight';

test('what is missing is named with the packages to install', () => {
  expect(missingMessage([])).toBeUndefined();
  expect(
    missingMessage([
      { what: 'ss', debianPackage: 'iproute2' },
      { what: "nginx's Lua module", debianPackage: 'libnginx-mod-http-lua' },
    ]),
  ).toBe(
    "Not installed: ss, nginx's Lua module. On Debian: apt-get install iproute2 libnginx-mod-http-lua  " +
      '("make demo" does it)',
  );
});
