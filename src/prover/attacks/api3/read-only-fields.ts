import type { Operation, Plan } from '../../plan/plan.ts'
import { type Field, knownFields } from './fields.ts'
import { massAssignment } from './mass-assignment.ts'

export const readOnlyFields = massAssignment({
  id: 'read-only-fields',
  number: 57,
  severity: 'medium',
  title: 'A field that the contract calls readOnly is taken from the body',
  fix: 'Leave out of the input schema what only the server writes, and refuse unknown properties (`additionalProperties: false`).',
  phase: 'exhausting',
  kinds: ['register', 'create', 'update'],
  fields: (unoffered) => unoffered.filter(isPlainReadOnly),
  applies: (operation, plan) => declaredReadOnly(operation, plan).length > 0,
  none: 'nothing that these attacks do not try anyway is marked readOnly; mark so what only the server writes',
})

const isPlainReadOnly = ({ kind, readOnly }: Field): boolean => kind === 'plain' && readOnly

function declaredReadOnly(operation: Operation, plan: Plan): readonly Field[] {
  const resource = plan.resources.find(({ name }) => name === operation.resource) ?? null
  return knownFields(plan, operation, resource, {}).filter(isPlainReadOnly)
}
