// What the Pulumi engine runs: index.ts, compiled when it changed.

// The engine's host maps stack frames back to sources that no package has ("node_modules/@pulumi/resource.ts"). Over such a
// path Node's util.inspect, by which the host prints what went wrong, goes round until memory is at its end.
if (process.env.HARDWAY_DEBUG !== '1') Error.prepareStackTrace = undefined;

module.exports = require('./run.cjs').load('index.ts');
