/** The application's own tables. Row-level security backs the contract's object rules: a forgotten `where` finds nothing of others. */
export const migrations = [
  {
    id: '001-billing',
    up: `
      create table invoices (
        id uuid primary key,
        user_id text not null,
        tenant_id text not null,
        title text not null check (length(title) between 1 and 200),
        total integer not null check (total between 0 and 100000000),
        currency text not null check (currency in ('EUR', 'USD')),
        status text not null check (status in ('open', 'paid')),
        card_number text,
        created_at timestamptz not null
      );
      create index invoices_by_owner on invoices (tenant_id, user_id, id);

      create table invoice_viewers (
        invoice_id uuid not null references invoices (id) on delete cascade,
        viewer_id text not null,
        owner_id text not null,
        tenant_id text not null,
        primary key (invoice_id, viewer_id)
      );
      create index invoice_viewers_by_viewer on invoice_viewers (viewer_id);

      create table payments (
        id uuid primary key,
        invoice_id uuid not null unique references invoices (id),
        user_id text not null,
        tenant_id text not null,
        amount integer not null check (amount >= 0),
        paid_at timestamptz not null
      );

      grant select, insert, update, delete on invoices, invoice_viewers, payments to turnpike_app;
      alter table invoices enable row level security;
      alter table invoice_viewers enable row level security;
      alter table payments enable row level security;

      create policy invoices_read on invoices for select to turnpike_app using (
        tenant_id = turnpike.tenant() and (
          user_id = turnpike.subject()
          or turnpike.has_role('admin')
          or exists (select from invoice_viewers v where v.invoice_id = invoices.id and v.viewer_id = turnpike.subject())
        )
      );
      create policy invoices_insert on invoices for insert to turnpike_app with check (
        tenant_id = turnpike.tenant() and (user_id = turnpike.subject() or turnpike.has_role('admin'))
      );
      create policy invoices_update on invoices for update to turnpike_app
        using (tenant_id = turnpike.tenant() and (user_id = turnpike.subject() or turnpike.has_role('admin')))
        with check (tenant_id = turnpike.tenant() and (user_id = turnpike.subject() or turnpike.has_role('admin')));
      create policy invoices_delete on invoices for delete to turnpike_app using (
        tenant_id = turnpike.tenant() and (user_id = turnpike.subject() or turnpike.has_role('admin'))
      );
      create policy invoice_viewers_all on invoice_viewers to turnpike_app
        using (tenant_id = turnpike.tenant() and (viewer_id = turnpike.subject() or owner_id = turnpike.subject() or turnpike.has_role('admin')))
        with check (tenant_id = turnpike.tenant() and (owner_id = turnpike.subject() or turnpike.has_role('admin')));
      create policy payments_all on payments to turnpike_app
        using (tenant_id = turnpike.tenant() and (user_id = turnpike.subject() or turnpike.has_role('admin')))
        with check (tenant_id = turnpike.tenant() and (user_id = turnpike.subject() or turnpike.has_role('admin')));
    `,
  },
] as const
