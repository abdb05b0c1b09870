// Program that the Pulumi engine runs: index.ts, compiled if a source has changed.

// The engine's language host maps stack frames to source files that do not exist ("node_modules/@pulumi/resource.ts").
// With such a path, Node's util.inspect, which the host uses to print errors, loops until it has no memory left.
if (process.env.HARDWAY_DEBUG !== '1') Error.prepareStackTrace = undefined;

module.exports = require('./run.cjs').load('index.ts');
