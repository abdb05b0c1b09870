// What the Pulumi engine runs: index.ts, compiled when it changed.
module.exports = require('./run.cjs').load('index.ts');
