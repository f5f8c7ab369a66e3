package hub

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/drover-platform/drover/services"
)

const maxTitle = 200 // bytes

// Project describes one revision of a shared project, without its content.
type Project struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Revision  int64  `json:"revision"` // 1 when published, one more with each push
	Owner     string `json:"owner"`    // the username of who published it
	Author    string `json:"author"`   // the username of who pushed this revision
	SHA256    string `json:"sha256"`   // of the content, in hexadecimal
	Size      int64  `json:"size"`     // of the content, in bytes
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

// revision is what a publish or a push stores.
type revision struct {
	project string
	number  int64 // of the new revision
	title   string
	author  string // user ID
	content []byte
}

// publish stores a project's first revision.
func (d *database) publish(ctx context.Context, rev revision, keep int, now time.Time) error {
	return d.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO projects (id, title, owner, revision, created_at) VALUES (?, ?, ?, ?, ?)",
			rev.project, rev.title, rev.author, rev.number, now.Unix())
		if err != nil {
			return fmt.Errorf("insert project: %w", err)
		}
		return addRevision(ctx, tx, rev, keep, now)
	})
}

// push stores a further revision when the current one is rev.number-1.
// Returns not_found, and conflict when somebody else was faster.
func (d *database) push(ctx context.Context, rev revision, keep int, now time.Time) error {
	base := rev.number - 1
	return d.update(ctx, func(tx *sql.Tx) error {
		var current int64
		err := tx.QueryRowContext(ctx, "SELECT revision FROM projects WHERE id = ?", rev.project).Scan(&current)
		if errors.Is(err, sql.ErrNoRows) {
			return noProject(rev.project)
		}
		if err != nil {
			return fmt.Errorf("read revision: %w", err)
		}
		if current != base {
			return services.Errorf(services.CodeConflict, "the project is at revision %d, and this push is based on %d", current, base).
				WithHint("Pull revision %d, put your changes on top of it, and push again", current)
		}
		_, err = tx.ExecContext(ctx, "UPDATE projects SET revision = ?, title = coalesce(nullif(?, ''), title) WHERE id = ?", rev.number, rev.title, rev.project)
		if err != nil {
			return fmt.Errorf("update project: %w", err)
		}
		return addRevision(ctx, tx, rev, keep, now)
	})
}

// addRevision stores the content and forgets revisions older than keep.
func addRevision(ctx context.Context, tx *sql.Tx, rev revision, keep int, now time.Time) error {
	sum := sha256.Sum256(rev.content)
	_, err := tx.ExecContext(ctx, "INSERT INTO revisions (project, revision, author, sha256, content, created_at) VALUES (?, ?, ?, ?, ?, ?)",
		rev.project, rev.number, rev.author, hex.EncodeToString(sum[:]), rev.content, now.Unix())
	if err != nil {
		return fmt.Errorf("insert revision: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM revisions WHERE project = ? AND revision <= ?", rev.project, rev.number-int64(keep)); err != nil {
		return fmt.Errorf("delete old revisions: %w", err)
	}
	return nil
}

const selectProject = `
SELECT p.id, p.title, r.revision, o.username, a.username, r.sha256, length(r.content), p.created_at, r.created_at
FROM projects p
JOIN revisions r ON r.project = p.id
JOIN users o ON o.id = p.owner
JOIN users a ON a.id = r.author
`

// projects returns the current revision of every project, by title.
func (d *database) projects(ctx context.Context) ([]Project, error) {
	rows, err := d.readers.QueryContext(ctx, selectProject+"WHERE r.revision = p.revision ORDER BY p.title COLLATE NOCASE, p.id")
	if err != nil {
		return nil, fmt.Errorf("list projects: %w", err)
	}
	defer rows.Close()
	projects := []Project{}
	for rows.Next() {
		project, err := scanProject(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list projects: %w", err)
		}
		projects = append(projects, *project)
	}
	return projects, rows.Err()
}

// project returns a revision of a project; number 0 is the current one.
// Returns not_found.
func (d *database) project(ctx context.Context, id string, number int64) (*Project, error) {
	project, err := scanProject(d.readers.QueryRowContext(ctx,
		selectProject+"WHERE p.id = ?1 AND r.revision = CASE ?2 WHEN 0 THEN p.revision ELSE ?2 END", id, number).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		if number != 0 {
			return nil, services.Errorf(services.CodeNotFound, "there is no revision %d of project %q", number, id).
				WithHint("Leave the revision out for the current one; old ones are not kept for ever")
		}
		return nil, noProject(id)
	}
	if err != nil {
		return nil, fmt.Errorf("read project: %w", err)
	}
	return project, nil
}

// content returns a revision's content. Returns not_found.
func (d *database) content(ctx context.Context, id string, number int64) ([]byte, error) {
	var content []byte
	err := d.readers.QueryRowContext(ctx, "SELECT content FROM revisions WHERE project = ? AND revision = ?", id, number).Scan(&content)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, services.Errorf(services.CodeNotFound, "revision %d of project %q was replaced meanwhile", number, id).WithHint("Pull again")
	}
	if err != nil {
		return nil, fmt.Errorf("read content: %w", err)
	}
	return content, nil
}

func noProject(id string) error {
	return services.Errorf(services.CodeNotFound, "there is no shared project %q", id).
		WithHint("The verb fetch lists all of them")
}

func scanProject(scan func(...any) error) (*Project, error) {
	var p Project
	var created, updated int64
	if err := scan(&p.ID, &p.Title, &p.Revision, &p.Owner, &p.Author, &p.SHA256, &p.Size, &created, &updated); err != nil {
		return nil, err
	}
	p.CreatedAt = time.Unix(created, 0).UTC().Format(time.RFC3339)
	p.UpdatedAt = time.Unix(updated, 0).UTC().Format(time.RFC3339)
	return &p, nil
}
