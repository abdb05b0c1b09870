import {
  changes,
  iptablesInput,
  nftInput,
  parseRoutes,
} from '../../../../../provider/local/checkpoint/router-state';

test('parseRoutes joins the lines of a multipath route and drops flags of the kernel', () => {
  const text = [
    'blackhole default ',
    '10.200.0.0/24 via 10.240.0.20 dev vpc linkdown ',
    '10.9.0.0/24 \\\tnexthop via 10.240.0.20 dev vpc weight 1 \\\tnexthop via 10.240.0.21 dev vpc weight 1 ',
    '',
  ].join('\n');
  expect(parseRoutes(text)).toEqual([
    'blackhole default',
    '10.200.0.0/24 via 10.240.0.20 dev vpc',
    '10.9.0.0/24 nexthop via 10.240.0.20 dev vpc weight 1 nexthop via 10.240.0.21 dev vpc weight 1',
  ]);
});

test('changes names what to remove and what to add', () => {
  expect(changes(['a', 'b'], ['b', 'c'])).toEqual({ remove: ['a'], add: ['c'] });
});

test('iptablesInput empties tables that did not exist at the save, and no others', () => {
  const saved = '*mangle\n-A PREROUTING -j TTL --ttl-inc 1\nCOMMIT\n';
  const now = '*mangle\nCOMMIT\n*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n';
  expect(iptablesInput(saved, now)).toBe(`${saved}\n*nat\nCOMMIT\n`);
  expect(iptablesInput(saved, saved)).toBe(saved);
});

test('nftInput deletes the present tables before the saved ones', () => {
  expect(nftInput('table inet vpc {\n}', ['inet vpc', 'inet added'])).toBe(
    'delete table inet vpc\ndelete table inet added\ntable inet vpc {\n}\n',
  );
});
