// Only what biome does not know: patterns that are dangerous in code that faces an attacker.
import regexp from 'eslint-plugin-regexp'
import security from 'eslint-plugin-security'
import { parser } from 'typescript-eslint'

const everyRule = Object.fromEntries(Object.keys(security.rules).map((name) => [`security/${name}`, 'error']))

export default [
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'data/'] },
  {
    files: ['**/*.{ts,js,mjs,cjs}'],
    languageOptions: { parser },
    linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' },
    plugins: { regexp, security },
    rules: {
      ...everyRule,
      // Reports every `record[key]`, typed arrays included; noUncheckedIndexedAccess and Object.hasOwn carry this instead.
      'security/detect-object-injection': 'off',
      // There is no require() in ECMAScript modules; what is called so is a function of ours.
      'security/detect-non-literal-require': 'off',
      // Counts stars, and so refuses every bounded repetition; these two look for the text that makes a pattern slow.
      'security/detect-unsafe-regex': 'off',
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    },
  },
  {
    // Paths come from the settings, the developer's terminal or the test; on the way of a request the rule stays on.
    files: [
      'src/{stores,vault,audit,cli}/**',
      'src/base/private-file.ts',
      'src/prover/report/run-folder.ts',
      'src/server/recorded-facts.ts',
      'examples/billing/prover-people.ts',
      'test/**',
      'bench/**',
      'scripts/**',
    ],
    rules: { 'security/detect-non-literal-fs-filename': 'off', 'security/detect-child-process': 'off' },
  },
  {
    // Patterns that no caller's text ever meets.
    files: ['test/**', 'bench/**', 'scripts/**'],
    rules: {
      'security/detect-non-literal-regexp': 'off',
      'regexp/no-super-linear-backtracking': 'off',
      'regexp/no-super-linear-move': 'off',
    },
  },
]
