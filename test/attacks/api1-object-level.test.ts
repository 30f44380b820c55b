import { api1 } from './attacks/api1.ts'
import { describeAttacks } from './suite.ts'

describeAttacks('API1 object level', api1)
