import { expect, test } from 'vitest'
import { accessMatrix } from '../../src/contract/access-matrix.ts'
import { evaluate } from './review/evaluate.ts'

/** The cell of one endpoint with the given rule, for one kind of caller. */
const cellOf = (access: string, caller: string, more = '') => {
  const api = evaluate(`one('PATCH /v1/invoices/:invoice', { body: nothing, params: { invoice: resource('invoice', {
    schema: z.strictObject({ id: z.uuid(), userId: z.uuid() }), id: 'id', owner: 'userId', tenant: null, find: () => [],
    relations: { viewer: () => [] }, read: any(owns('invoice'), related('viewer', 'invoice')),
  }) }, access: ${access}, ${more} })`)
  const { columns, rows } = accessMatrix(api)
  return rows[0]?.cells[columns.indexOf(caller)]
}

test.each([
  [`owns('invoice')`, 'nobody', '', 'no'],
  [`owns('invoice')`, 'signed in', '', 'own'],
  [`owns('invoice')`, 'owner', '', 'yes'],
  [`anyone('it is a test')`, 'nobody', '', 'yes'],
  [`any(owns('invoice'), role('admin'))`, 'role admin', '', 'yes'],
  [`any(owns('invoice'), role('admin'))`, 'signed in', '', 'own'],
  [`all(owns('invoice'), role('admin'))`, 'role admin', '', 'own'],
  [`all(owns('invoice'), role('admin'))`, 'owner', '', 'no'],
  [`reads('invoice')`, 'signed in', '', 'own, viewer'],
  [`reads('invoice')`, 'viewer', '', 'yes'],
  [`all(owns('invoice'), fresh('5m'))`, 'signed in', '', 'own + recent sign-in'],
  [`owns('invoice')`, 'owner', `flow: { stepUp: factors(2) }`, 'yes + recent sign-in'],
  [`owns('invoice')`, 'key invoices:write', `clients: 'invoices:write'`, 'own'],
  [`all(owns('invoice'), fresh('5m'))`, 'key invoices:write', `clients: 'invoices:write'`, 'no'],
  [`rule('open hours', () => true)`, 'signed in', '', 'rule'],
  [`all(owns('invoice'), rule('open hours', () => true))`, 'signed in', '', 'own and rule'],
  [`all()`, 'owner', '', 'no'],
])('%s: %s%s gets "%s"', (access, caller, more, cell) => {
  expect(cellOf(access, caller, more)).toBe(cell)
})
