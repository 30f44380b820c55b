import { propertiesOf, requestSchemas } from './fields.ts'
import { massAssignment } from './mass-assignment.ts'

export const undeclaredFields = massAssignment({
  id: 'undeclared-fields',
  number: 58,
  severity: 'medium',
  title: 'A field of the reply that the request does not declare is taken from the body',
  fix: 'Validate the body against a closed schema of what may be set, and build the stored object from the validated fields.',
  phase: 'exhausting',
  kinds: ['create', 'update'],
  // Where nobody wrote down what the body holds, nothing can be undeclared.
  fields: (unoffered, { writer }) =>
    requestSchemas(writer.operation).some((schema) => Object.keys(propertiesOf(schema)).length > 0)
      ? unoffered.filter(({ kind, readOnly }) => kind === 'plain' && !readOnly)
      : [],
  none: 'its replies show nothing more than what its request declares',
})
