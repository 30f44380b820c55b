import { type Access, any, owns, role } from '../contract/access.ts'
import { type FieldRule, type Resource, resource } from '../contract/resource.ts'
import type { AnySchema, InputOf, OutputOf, Schema } from '../contract/schema.ts'
import { type AccountRow, accountFields } from './account-fields.ts'
import { joinedSchema } from './joined-schema.ts'
import type {} from './service.ts'

const ownOrAdmin = any(owns('user'), role('admin'))
const ACCOUNT_RULES = {
  id: { write: false },
  tenantId: { write: false },
  email: { seal: true, mask: 'email', read: ownOrAdmin },
  roles: { read: ownOrAdmin, write: role('admin') },
  disabled: { read: ownOrAdmin, write: role('admin') },
  createdAt: { write: false },
} as const satisfies Readonly<Record<keyof AccountRow, FieldRule>>

type ProfileRules<P extends AnySchema> = { readonly [K in keyof OutputOf<P> & string]?: FieldRule }

export interface UserResourceConfig<P extends AnySchema, F extends ProfileRules<P>> {
  /** The application's own fields of a user: a strict object. */
  readonly profile: P
  /** Rules of those fields. `seal: true` must also stand in `local({ sealedProfile })`. */
  readonly fields?: F
  /** Default: the user, and admins of the tenant. */
  readonly read?: Access<'user'>
  /** Who may name a user in a body. Default: the `read` rule. */
  readonly refer?: Access<'user'>
}

export type UserResource<P extends AnySchema, F> = Resource<'user', AccountRow & OutputOf<P>, typeof ACCOUNT_RULES & F>

/** Users as a resource: themselves and admins of their tenant read them; e-mail addresses are sealed, and masked for everyone else. */
export function userResource<P extends AnySchema, const F extends ProfileRules<P> = Record<never, never>>(
  config: UserResourceConfig<P, F>,
): UserResource<P, F> {
  const schema = joinedSchema(accountFields, config.profile) as Schema<
    AccountRow & InputOf<P>,
    AccountRow & OutputOf<P>
  >
  return resource('user', {
    schema: schema as AnySchema,
    id: 'id',
    owner: 'id',
    tenant: 'tenantId',
    read: config.read ?? ownOrAdmin,
    ...(config.refer === undefined ? {} : { refer: config.refer }),
    fields: { ...ACCOUNT_RULES, ...config.fields },
    find: (ids, { identity, principal }) => identity.users.byIds(ids, principal),
    findToRefer: (ids, { identity, principal }) => identity.users.inTenant(ids, principal),
  }) as unknown as UserResource<P, F>
}
