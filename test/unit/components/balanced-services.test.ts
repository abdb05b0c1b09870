import { balancedServices, readBalancedServices } from '../../../components/balanced-services';

describe('a list of services with balancers', () => {
  test.each([
    ['with commas', 'default/nginx:80=31080, default/web:443=31443@31444'],
    ['in JSON', '["default/nginx:80=31080","default/web:443=31443@31444"]'],
  ])('is read %s', (_, text) =>
    expect(readBalancedServices(text)).toEqual([
      'default/nginx:80=31080',
      'default/web:443=31443@31444',
    ]),
  );

  test('may be empty', () => expect(readBalancedServices('')).toEqual([]));

  test.each([
    [
      'nginx:80=31080',
      /^has "nginx:80=31080", not NAMESPACE\/NAME:PORT=NODEPORT\[@HEALTHPORT\] such as/,
    ],
    ['default/nginx', /^has "default\/nginx", not NAMESPACE/],
    ['default/Nginx:80=31080', /not NAMESPACE/],
    ['default/nginx:0=31080', /with a port that is not from 1 to 65535$/],
    ['default/nginx:80=80', /with a NodePort that is not from 30000 to 32767$/],
    ['default/nginx:80=31080@443', /with a healthCheckNodePort that is not from 30000 to 32767$/],
    ['a/b:80=31080@31080', /^has "a\/b:80=31080@31080" with one port twice/],
    [',', /^is ",", not NAMESPACE/],
    ['a/b:80=31080,c/d:80=31080', /^names NodePort 31080 twice, in "a\/b.*" and "c\/d/],
    ['a/b:80=31080,a/b:80=31081', /^names port 80 of a\/b twice/],
    ['a/b:80=31080@31081,c/d:80=31081', /^names NodePort 31081 twice/],
    ['a/b:80=31080,a/b:81=31081@31082', /^gives a\/b two healthCheckNodePorts/],
  ])('is refused: %s', (text, message) =>
    expect(() => readBalancedServices(text)).toThrow(message),
  );

  test('has one balancer for all ports of a service, named after the first NodePort', () =>
    expect(balancedServices(['a/b:80=31080', 'c/d:80=31090@31091', 'a/b:443=31443'])).toEqual([
      {
        name: 'service-31080',
        service: 'a/b',
        ports: [
          { port: 80, nodePort: 31080 },
          { port: 443, nodePort: 31443 },
        ],
        healthPort: 10256,
      },
      {
        name: 'service-31090',
        service: 'c/d',
        ports: [{ port: 80, nodePort: 31090 }],
        healthPort: 31091,
      },
    ]));
});
