// Loaded by Node before Pulumi's SDK, in the process that runs the program. Halves its start.
//
// - The SDK loads TypeScript and npm's arborist, which together are two thirds of its modules. Only
//   the serialization of functions needs them, and this project serializes none.
// - pulumi-language-nodejs 3.68 ignores `typescript: false` of Pulumi.yaml, and the SDK then
//   registers ts-node. bin/run.cjs compiles the program.
const Module = require('node:module');
const path = require('node:path');

const LAZY = new Set(['typescript', '@npmcli/arborist']);

/** Returns a module that is loaded when one of its exports is read. */
function lazy(load) {
  return new Proxy(
    {},
    // The SDK imports arborist with `__importStar`, which copies all exports of other modules.
    { get: (_, name) => (name === '__esModule' ? true : load()[name]) },
  );
}

if (/[/\\]@pulumi[/\\]pulumi[/\\]cmd[/\\]run(\.js|[/\\]index\.js)?$/.test(process.argv[1] ?? '')) {
  process.env.PULUMI_NODEJS_TYPESCRIPT = 'false';
  Module.enableCompileCache?.(path.join(__dirname, '../dist/bytecode'));
  const original = Module._load;
  Module._load = function (request, ...rest) {
    const load = () => original.call(this, request, ...rest);
    return LAZY.has(request) ? lazy(load) : load();
  };
}
