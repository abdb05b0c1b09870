import { parseAddress, parsePort } from '../../../../cli/commands/options';

test.each(['192.0.2.7', '127.0.0.1'])('%s is an address to listen on', (text) => {
  expect(parseAddress(text)).toBe(text);
});

test.each(['0.0.0.0', '::', 'lab.example.edu', '192.0.2', ''])(
  '"%s" is no address to listen on',
  (text) => {
    expect(() => parseAddress(text)).toThrow('one IPv4 address of this host');
  },
);

test('a port is a number from 1 to 65535', () => {
  expect(parsePort('65535')).toBe(65535);
  expect(() => parsePort('0')).toThrow('a port is a number');
  expect(() => parsePort('65536')).toThrow('a port is a number');
});
