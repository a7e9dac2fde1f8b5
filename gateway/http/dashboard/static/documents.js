// Everything that the dashboard asks of the graph, and nothing else: the trusted documents that the package
// ships are made of these texts, letter by letter, by `scripts/dashboard-documents`.

export const PLATFORMS = `query DashboardPlatforms {
  platforms {
    key
    name
    status
    retryAt
    capabilities
    grantableActions
    roles { role nativeName }
  }
}`;

export const PROJECTS = `query DashboardProjects($first: Int!, $after: String) {
  projects(first: $first, after: $after, filter: { includeArchived: true }) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { id name platform archived }
    sources { platform state asOf error { code message retryable retryAt failingSince } }
  }
}`;

const MEMBERSHIP = `fragment Membership on Member {
  id
  role
  nativeRole
  name
  upstreamId
  confirmed
  accessUntil
  project { id }
  READ: can(action: READ)
  WRITE: can(action: WRITE)
  RUN: can(action: RUN)
  LIVE_CONTROL: can(action: LIVE_CONTROL)
  EDIT_SETTINGS: can(action: EDIT_SETTINGS)
  MANAGE_MEMBERS: can(action: MANAGE_MEMBERS)
  VIEW_API_KEY: can(action: VIEW_API_KEY)
  LEAVE: can(action: LEAVE)
}`;

export const PEOPLE = `query DashboardPeople($first: Int!, $memberships: Int!, $after: String) {
  people(first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      id
      displayName
      emails
      memberships(first: $memberships) {
        pageInfo { hasNextPage endCursor }
        nodes { ...Membership }
      }
    }
    sources { platform state asOf error { code message retryable retryAt failingSince } }
  }
}

${MEMBERSHIP}`;

export const MEMBERSHIPS = `query DashboardMemberships($person: ID!, $first: Int!, $after: String) {
  person(id: $person) {
    memberships(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...Membership }
    }
  }
}

${MEMBERSHIP}`;

export const EXPIRING = `query DashboardExpiring {
  accessExpiring(withinDays: 30, first: 50) {
    totalCount
    nodes { id name platform role accessUntil project { name } person { displayName } }
    sources { platform state asOf error { code message retryable retryAt failingSince } }
  }
}`;

export const AUDIT = `query DashboardAudit($outcomes: [Outcome!]) {
  auditLog(first: 50, filter: { outcomes: $outcomes }) {
    totalCount
    nodes {
      id
      at
      actor
      operation
      platform
      before
      after
      outcome
      project { name }
      person { displayName }
    }
  }
}`;

export const DRIFT = `query DashboardDrift($declaration: String!) {
  accessDrift(declaration: $declaration) {
    clean
    warnings
    userErrors { code message }
    sources { platform state asOf error { code message retryable retryAt failingSince } }
    items {
      kind
      detail
      declaredRole
      actualRole
      project { name platform }
      person { displayName }
    }
  }
}`;
