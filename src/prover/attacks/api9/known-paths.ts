import type { AttackSeverity } from '../../verdict.ts'

/** Paths that are left open by mistake, by what stands behind them. */
export interface PathGroup {
  readonly name: string
  readonly severity: AttackSeverity
  readonly paths: readonly string[]
}

export const KNOWN_PATHS: readonly PathGroup[] = [
  {
    name: 'files',
    severity: 'high',
    paths: [
      '/.env',
      '/.git/config',
      '/.git/HEAD',
      '/.npmrc',
      '/config.json',
      '/package.json',
      '/backup',
      '/backup.sql',
      '/dump.sql',
      '/db.sqlite',
      '/actuator/heapdump',
      '/heapdump',
    ],
  },
  {
    name: 'settings',
    severity: 'medium',
    paths: [
      '/env',
      '/config',
      '/settings',
      '/actuator/env',
      '/debug/config',
      '/debug/env',
      '/internal/config',
      '/phpinfo.php',
    ],
  },
  {
    name: 'workings',
    severity: 'medium',
    paths: [
      '/debug',
      '/debug/vars',
      '/debug/pprof/',
      '/debug/routes',
      '/debug/users',
      '/_debug',
      '/actuator',
      '/actuator/mappings',
      '/internal',
      '/internal/users',
      '/internal/status',
      '/console',
      '/h2-console',
      '/server-status',
      '/trace',
      '/logs',
      '/test',
      '/dev',
      '/dev/users',
      '/dev/reset',
    ],
  },
  {
    name: 'administration',
    severity: 'high',
    paths: ['/admin', '/admin/users', '/admin/config', '/admin/export', '/management', '/_admin'],
  },
  { name: 'metrics', severity: 'low', paths: ['/metrics', '/actuator/prometheus', '/actuator/metrics', '/prometheus'] },
  {
    name: 'descriptions',
    severity: 'low',
    paths: [
      '/openapi.json',
      '/swagger.json',
      '/api-docs',
      '/v2/api-docs',
      '/v3/api-docs',
      '/swagger/v1/swagger.json',
      '/graphiql',
      '/playground',
    ],
  },
]
