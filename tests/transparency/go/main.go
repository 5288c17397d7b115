// Holds a log of ours against Go's own tools: x/mod's note and tlog, and torchwood.
//
//	go run . LOG POLICY PROOF...
//
// LOG is a folder or the address of a server (the environment's TOKEN is then sent along). Everything is read by their
// code alone: the checkpoint under the policy, each tile, each entry, and the proofs with their entries as extra data.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type withToken struct{}

func (withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
	return http.DefaultTransport.RoundTrip(r)
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func reader(where string) torchwood.TileReader {
	if !strings.HasPrefix(where, "http") {
		return must(torchwood.NewTileFS(os.DirFS(where)))
	}
	client := &http.Client{Transport: withToken{}}
	return must(torchwood.NewTileFetcher(where, torchwood.WithHTTPClient(client)))
}

func main() {
	ctx, tiles := context.Background(), reader(os.Args[1])
	policyText := must(os.ReadFile(os.Args[2]))
	policy := must(torchwood.ParsePolicy(policyText))

	signed := must(tiles.ReadEndpoint(ctx, "checkpoint"))
	checkpoint, _, err := torchwood.VerifyCheckpoint(signed, policy)
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range strings.Split(string(policyText), "\n") {
		if key, found := strings.CutPrefix(line, "log "); found {
			must(note.Open(signed, note.VerifierList(must(note.NewVerifier(key)))))
		}
	}

	hashes := torchwood.TileHashReaderWithContext(ctx, checkpoint.Tree, tiles)
	if root := must(tlog.TreeHash(checkpoint.N, hashes)); root != checkpoint.Hash {
		log.Fatal("the tiles do not give the checkpoint's root")
	}
	half := checkpoint.N / 2
	proof := must(tlog.ProveTree(checkpoint.N, half, hashes))
	if err := tlog.CheckTree(proof, checkpoint.N, checkpoint.Hash, half, must(tlog.TreeHash(half, hashes))); err != nil {
		log.Fatal(err)
	}

	client := must(torchwood.NewClient(tiles))
	entries := int64(0)
	for i, entry := range client.AllEntries(ctx, checkpoint.Tree, 0) {
		if i != entries || len(entry) == 0 {
			log.Fatalf("entry %d is not there", entries)
		}
		entries++
	}
	if err := client.Err(); err != nil {
		log.Fatal(err)
	}
	if entries != checkpoint.N {
		log.Fatalf("%d entries in a log of %d", entries, checkpoint.N)
	}

	for _, file := range os.Args[3:] {
		text := must(os.ReadFile(file))
		entry := must(torchwood.ProofExtraData(text))
		if err := torchwood.VerifyProof(policy, tlog.RecordHash(entry), text); err != nil {
			log.Fatalf("%s: %v", file, err)
		}
	}
	fmt.Printf("%s %d %s\n", checkpoint.Origin, entries, checkpoint.Hash)
}
