import { proxyExceptions } from '../../../util/proxies';

const POOL = '198.18.0.0/15';
const EXPECTED = ['127.0.0.1', 'localhost', '::1', POOL];

test.each(['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'Http_Proxy'])(
  'with %s, traffic to loopback and to labs asks no proxy',
  (name) => {
    const found = proxyExceptions([POOL], { [name]: 'http://127.0.0.1:9' });
    expect(found.no_proxy.split(',')).toEqual(expect.arrayContaining(EXPECTED));
    expect(found.NO_PROXY).toBe(found.no_proxy);
  },
);

test('both spellings get the exceptions of the user, without blanks', () => {
  const found = proxyExceptions([], {
    https_proxy: 'http://127.0.0.1:9',
    no_proxy: 'localhost, .corp.example',
    NO_PROXY: 'intranet',
  });
  const list = found.no_proxy.split(',');
  expect(list).toEqual(expect.arrayContaining(['localhost', '.corp.example', 'intranet', '::1']));
  expect(list.filter((item) => item !== item.trim())).toEqual([]);
  expect(found.NO_PROXY).toBe(found.no_proxy);
});

test('the list that the gRPC client prefers gets the exceptions, too', () => {
  const found = proxyExceptions([], { http_proxy: 'http://127.0.0.1:9', no_grpc_proxy: 'a' });
  expect(found.no_grpc_proxy.split(',')).toEqual(expect.arrayContaining(['a', '127.0.0.1']));
});

test('without a proxy, nothing is set', () => {
  expect(proxyExceptions([POOL], { PATH: '/bin', no_proxy: 'a' })).toEqual({});
});
