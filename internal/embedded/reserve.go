package embedded

import (
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// DefaultReserve is the free space that is left to the rest of the machine, and to what the broker itself writes
	// beside records (offsets, transactions, the state that Close writes down).
	DefaultReserve = 512 << 20
	// MinReserve is the least that does its work: what the fastest disk takes between two measurements fits into it.
	MinReserve = 64 << 20
	// statfs costs a microsecond; in this time a fast disk takes less than MinReserve.
	spaceInterval = 100 * time.Millisecond
	// Records are taken again only with an eighth of the reserve to spare: at the edge itself the broker would change its
	// mind with every batch and every file that retention deletes.
	spareFraction = 8
)

// FreeSpaceFunc returns how many bytes this process may still write below a directory. errors.ErrUnsupported says that
// the system cannot tell.
type FreeSpaceFunc func(dir string) (int64, error)

// Space is what the broker knows about the disk that its data lies on.
type Space struct {
	DataDir string
	Reserve int64 // bytes that stay free, 0 when no reserve is kept
	Free    int64 // bytes at the last measurement, -1 when it failed
	// Refusing says that producers are told to try again later (KAFKA_STORAGE_ERROR); consumers go on. It begins when
	// the free space falls below the reserve or cannot be measured, and ends by itself.
	Refusing bool
	Err      error // why the last measurement failed, nil when it did not
}

// reserve keeps some of the disk free. kfake knows no full disk: see refuseUnwritten for what it does about one.
//
// The error code makes every client repeat the same batch, with the same sequence numbers, until its own delivery
// time-out: kfake has not looked at the batch, so a repetition is neither lost nor doubled.
type reserve struct {
	dir     string
	bytes   int64
	free    FreeSpaceFunc
	cluster *kfake.Cluster

	mu      sync.Mutex
	space   Space
	refusal *kfake.FaultHandle // installed while producers are refused, nil otherwise

	closing     sync.Once
	stop, ended chan struct{}
}

// keepReserve measures now, then again and again until close. It returns nil when no reserve can be kept.
func keepReserve(cluster *kfake.Cluster, opts Options) *reserve {
	if opts.Reserve < 0 {
		return nil
	}
	if _, err := opts.FreeSpace(opts.DataDir); errors.Is(err, errors.ErrUnsupported) {
		opts.Logger.Warn("embedded broker: this system does not say how much disk is free; no reserve is kept, watch the disk yourself",
			"data_dir", opts.DataDir)
		return nil
	}
	r := &reserve{dir: opts.DataDir, bytes: opts.Reserve, free: opts.FreeSpace, cluster: cluster, stop: make(chan struct{}), ended: make(chan struct{})}
	r.measure()
	go r.watch()
	return r
}

func (r *reserve) watch() {
	defer close(r.ended)
	ticker := time.NewTicker(spaceInterval)
	defer ticker.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-ticker.C:
			r.measure()
		}
	}
}

// measure looks at the disk and begins or ends the refusal. A disk that cannot be measured is taken for a full one.
func (r *reserve) measure() {
	free, err := r.free(r.dir)
	if err != nil {
		free = -1
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	need := r.bytes
	if r.space.Refusing {
		need += r.bytes / spareFraction
	}
	r.space = Space{DataDir: r.dir, Reserve: r.bytes, Free: free, Refusing: free < need, Err: err}
	r.refuse(r.space.Refusing)
}

// refuse installs or removes the answer to producers: without it a produce request costs nothing more.
func (r *reserve) refuse(full bool) {
	switch {
	case full && r.refusal == nil:
		r.refusal = r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.KafkaStorageError, Count: -1})
	case !full && r.refusal != nil:
		r.refusal.Remove()
		r.refusal = nil
	}
}

func (r *reserve) current() Space {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.space
}

func (r *reserve) close() {
	r.closing.Do(func() { close(r.stop) })
	<-r.ended
}

// Space returns the state of the disk at the last measurement, the zero Space when no reserve is kept. It may be asked
// often: the disk is not touched.
func (b *Broker) Space() Space {
	if b.reserve == nil {
		return Space{}
	}
	return b.reserve.current()
}
