import { render, renderFile } from '../../../util/render';

test('replaces every occurrence of a placeholder', () => {
  expect(render('a', 'x=${ONE} y=${TWO} z=${ONE}', { ONE: 1, TWO: true })).toBe('x=1 y=true z=1');
});

test('keeps dollar signs of systemd and the shell', () => {
  const text = 'ExecStart=/bin/sh -c "echo $MAINPID ${lower} $1 $$"';
  expect(render('a', text, {})).toBe(text);
});

test('names the file and the placeholder that has no value', () => {
  expect(() => render('etcd/etcd.service', '${NODE_IP}', {})).toThrow(
    'etcd/etcd.service: no value for ${NODE_IP}',
  );
});

test('names the values that no placeholder uses', () => {
  expect(() => render('etcd/etcd.service', '${A}', { A: 1, B: 2, C: 3 })).toThrow(
    'etcd/etcd.service: no placeholder for B, C',
  );
});

test('ignores inherited properties, and placeholders inside values', () => {
  expect(() => render('a', '${TO_STRING}', {})).toThrow('no value');
  expect(render('a', '${A}', { A: '${B} $& $1' })).toBe('${B} $& $1');
});

describe('renderFile', () => {
  test('fills the placeholders of a file of the repository', () => {
    const values = {
      ROUTER_MAC: '02:00:00:00:00:01',
      GATEWAY: '10.240.0.1',
      ETHERTYPES: 'ip, arp',
    };
    const rules = renderFile('provider/local/router/router.nft', values);
    expect(rules).toContain('ether daddr 02:00:00:00:00:01');
    expect(rules).not.toContain('${');
  });

  test('names the file if a placeholder has no value', () => {
    const file = 'provider/local/router/router.nft';
    expect(() => renderFile(file, { GATEWAY: '10.240.0.1', ETHERTYPES: 'ip, arp' })).toThrow(
      `${file}: no value for \${ROUTER_MAC}`,
    );
  });
});
