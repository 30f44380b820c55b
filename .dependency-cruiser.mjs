// The layers of the house, from the ground. A file imports from its own row and from the rows above it here, never below.
const LAYERS = [
  ['base'],
  ['contract'],
  ['stores', 'vault', 'audit'],
  ['identity'],
  ['guards'],
  ['pipeline', 'walk', 'checks', 'gate'],
  ['server', 'gateway'],
  ['drill', 'cli', 'console'],
]
// Beside the rows: the prover must not inherit the mistakes of what it tests.
const PROVER = 'prover'

const modules = (names) => `^src/(${names.join('|')})(/|\\.ts$)`
const packages = (names) => `(^|/)node_modules/(${names.join('|')})(/|$)`

const layerRules = LAYERS.slice(0, -1).map((row, index) => ({
  name: `layer-${row.join('-')}`,
  comment: `${row.join(', ')} must not import from a layer that stands on it.`,
  severity: 'error',
  from: { path: modules(row) },
  to: { path: modules([...LAYERS.slice(index + 1).flat(), ...(index < LAYERS.length - 1 ? [PROVER, 'index'] : [])]) },
}))

export default {
  forbidden: [
    ...layerRules,
    {
      name: 'layer-unknown',
      comment: 'Every file of src belongs to a layer; a new folder takes its place in LAYERS.',
      severity: 'error',
      from: { path: '^src/', pathNot: [modules(LAYERS.flat()), modules([PROVER, 'index'])] },
      to: {},
    },
    {
      name: 'layer-prover',
      comment: 'The prover imports base and contract only.',
      severity: 'error',
      from: { path: modules([PROVER]) },
      to: { path: '^src/', pathNot: modules(['base', 'contract', PROVER]) },
    },
    {
      name: 'guards-stand-alone',
      comment: 'A guard never imports another guard; the files in a folder of its own name are part of it.',
      severity: 'error',
      from: { path: '^src/guards/([^/]+?)(/|\\.ts$)' },
      to: { path: '^src/guards/', pathNot: '^src/guards/$1(/|\\.ts$)' },
    },
    {
      name: 'examples-are-users',
      comment: "An example imports 'turnpike' and its subpaths, as a user must.",
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^(src|test|bench|scripts)/' },
    },
    {
      name: 'product-only',
      comment:
        'The product never imports its tests, benches, scripts or its own package name. Only a command may load the demo.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: ['^(test|bench|scripts)/', '^turnpike(/|$)', '^dist/'] },
    },
    {
      name: 'demo-by-command-only',
      comment: 'Only a command may load the demo.',
      severity: 'error',
      from: { path: '^src/', pathNot: modules(['cli']) },
      to: { path: '^examples/' },
    },
    {
      name: 'fastify-in-server',
      comment: 'The pipeline knows nothing of its host.',
      severity: 'error',
      from: { path: '^(src|examples)/', pathNot: modules(['server']) },
      to: { path: packages(['fastify', '@fastify']) },
    },
    {
      name: 'database-in-stores',
      comment:
        'Databases are reached through the interfaces of stores/. An example is an application and may use Kysely.',
      severity: 'error',
      from: { path: '^src/', pathNot: modules(['stores']) },
      to: { path: packages(['kysely', '@electric-sql']) },
    },
    {
      name: 'database-in-examples',
      comment: 'An example opens its database through turnpike/stores.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: packages(['@electric-sql']) },
    },
    {
      name: 'no-circle',
      comment: 'No module waits for itself.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-type-circle',
      comment: 'Types may refer to each other in a circle inside contract/ only.',
      severity: 'error',
      from: { path: '^src/', pathNot: modules(['contract']) },
      to: { circular: true },
    },
    {
      name: 'declared-dependencies',
      comment: 'The product imports what package.json lists under dependencies.',
      severity: 'error',
      // An API that knows nothing of Turnpike has dependencies of its own.
      from: { path: '^(src|examples)/', pathNot: '^examples/plain-express/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/'] },
    exclude: { path: '^(node_modules/.cache|data)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Without the condition "source": a self-import stays an import of the package, and is not taken for one of src.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
    reporterOptions: { text: { highlightFocused: true } },
  },
}
